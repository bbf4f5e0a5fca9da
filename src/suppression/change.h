// What is written down of a suppression: one row for each change, none ever rewritten, so that two
// who change the same address at the same moment lose nothing, and what happened before is kept.
//
// Key: account (8 bytes, 0: the global list), keyed hash of the address (16), a byte, time (8,
// milliseconds), a number that tells changes of one moment apart (8); all big-endian. Value: a
// version, then what stands below, then a checksum. The same table has one row for the soft bounces
// of an address (soft_bounces.h), in front of its changes.
//
// Values; pure; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "mail/address.h"

namespace postrider::suppression {

/// On disk: never change or reuse one.
enum class Reason : std::uint8_t {
  any = 0,  ///< of a removal only
  hard_bounce = 1,
  complaint = 2,
  unsubscribe = 3,
  manual = 4,
  repeated_soft = 5,
};
std::string_view to_string(Reason reason);  ///< "hard_bounce"
/// Nothing if there is no such word, or it is "any".
std::optional<Reason> parse_reason(std::string_view name);

struct Change {
  bool is_removal = false;  ///< takes back what fits its reason (any: all) and scope (empty: all)
  Reason reason = Reason::manual;
  std::string scope;   ///< a stream; empty: whatever is sent to the address
  RecipientId source;  ///< recipient whose story led to it; 0: none
  Time time{};         ///< when it happened
  std::optional<Time> expires;
  std::string address;  ///< as it came, for people; empty once it has been erased
  std::string note;     ///< more, for people

  bool operator==(const Change&) const = default;
};

std::string encode(const Change& change);
/// `row_key`: says when.
Result<Change> decode_change(std::string_view row_key, std::string_view record);

/// What addresses are known by: so that a copied database names nobody who has been erased, and
/// nobody can try out addresses.
using AddressHash = std::array<std::uint8_t, 16>;
using Secret = std::array<std::uint8_t, 32>;

/// Keyed BLAKE2b of the address in lower case. ("Ann@" and "ann@" are one mailbox nearly
/// everywhere, and who left as one doesn't want mail as the other.)
AddressHash hash_of(const mail::Address& address, const Secret& secret);

struct RowKey {
  AccountId account;
  AddressHash hash{};
  bool is_change = false;  ///< false: the row of soft bounces
};
/// Errc::corrupt: none of ours.
Result<RowKey> parse_row_key(std::string_view key);

std::string account_prefix(AccountId account);
std::string address_prefix(AccountId account, const AddressHash& hash);
std::string soft_row_key(AccountId account, const AddressHash& hash);
std::string first_change_key(AccountId account, const AddressHash& hash);
std::string change_key(AccountId account, const AddressHash& hash, Time time, std::uint64_t number);
/// The first key behind everything of this address.
std::string behind(AccountId account, const AddressHash& hash);

}  // namespace postrider::suppression
