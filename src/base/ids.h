// Identifiers, each with a type of its own so that one can't be passed for another.
//
// A recipient's id is a positive integer below 2^53 (JavaScript keeps it whole), ordered by time: a
// 45-bit tick (seconds since 2024-01-01 times 32768, counted on where one second needs more) above
// 8 bits of partition. A message reserves one for each recipient, consecutive ticks, and is named
// by its first. Accounts and credentials have small permanent integers from the directory.
//
// Values; any thread. IdSource: any thread.
#pragma once

#include <atomic>
#include <charconv>
#include <compare>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/result.h"
#include "base/text.h"

namespace postrider {

template <class Tag>
struct Id {
  std::uint64_t value = 0;

  auto operator<=>(const Id&) const = default;
  bool exists() const { return value != 0; }
};

template <class Tag>
std::string to_string(Id<Tag> id) {
  return std::to_string(id.value);
}

using RecipientId = Id<struct RecipientTag>;
using MessageId = Id<struct MessageTag>;
using AccountId = Id<struct AccountTag>;
using CredentialId = Id<struct CredentialTag>;
using WebhookId = Id<struct WebhookTag>;

constexpr std::uint64_t kIdLimit = std::uint64_t{1} << 53;
constexpr std::uint64_t kIdStep = 256;  ///< between the ids of neighbouring recipients
constexpr std::uint32_t kPartitions = 256;

/// Decimal digits only, 1 to 2^53 - 1; Errc::invalid otherwise.
template <class T>
Result<T> parse_id(std::string_view text) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value == 0 || value >= kIdLimit) {
    return fail(Errc::invalid, "'" + printable(text, 40) + "' is not an id");
  }
  return T{value};
}

/// The recipient with number `index` (from 0) of a message.
constexpr RecipientId recipient_of(MessageId message, std::uint32_t index) {
  return RecipientId{message.value + index * kIdStep};
}

constexpr std::uint32_t partition_of(RecipientId id) {
  return static_cast<std::uint32_t>(id.value % kPartitions);
}

/// When the id was given, to the second; later than the clock where the source ran ahead of it.
Time time_of(RecipientId id);
/// The lowest id that may have been given at `time` or later.
RecipientId first_id_at(Time time);

/// Hands out ids of one partition, never the same twice and never below what it was started with.
class IdSource {
 public:
  /// `highest` is the highest id that is known to have been used (0 if none).
  IdSource(std::uint32_t partition, std::uint64_t highest);

  /// The first of `count` consecutive ids (kIdStep apart); one at least.
  MessageId reserve(Time now, std::uint32_t count);

 private:
  std::uint32_t partition_;
  std::atomic<std::uint64_t> next_tick_;
};

}  // namespace postrider

template <class Tag>
struct std::hash<postrider::Id<Tag>> {
  std::size_t operator()(postrider::Id<Tag> id) const noexcept {
    // The low byte is the partition and the ticks are consecutive: spread them.
    return static_cast<std::size_t>(id.value * 0x9E3779B97F4A7C15ULL);
  }
};
