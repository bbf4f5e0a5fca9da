// The rows of health in the database, and what their keys say.
//
// Key: kind (a byte), account (8, big-endian), stream (a byte), site (empty: all sites). Kind 1 are
// rates (rates.h); kind 0 is what has been told of an account's stream, so that it is told once.
// Pure, but for read_rates(), which blocks for a moment; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "health/rates.h"
#include "store/store.h"

namespace postrider::health {

/// On disk.
enum class Stream : std::uint8_t { transactional = 0, bulk = 1 };
std::string_view to_string(Stream stream);

struct RowName {
  AccountId account;
  Stream stream = Stream::bulk;
  std::string site;  ///< empty: all

  auto operator<=>(const RowName&) const = default;
};
std::string rates_key(const RowName& name);
/// Nothing: not a key of rates.
std::optional<RowName> parse_rates_key(std::string_view key);

/// Where the rates begin and end.
std::string first_rates_key();
std::string behind_rates();

struct Told {
  Time bounces{};     ///< warned of hard bounces
  Time complaints{};  ///< warned of complaints
  Time pause{};       ///< the pause that has been told: when it began

  bool operator==(const Told&) const = default;
};
std::string told_key(AccountId account, Stream stream);
std::string encode(const Told& told);
Result<Told> decode_told(std::string_view record);

struct NamedRates {
  RowName name;
  Rates rates;
};
/// Of an account: the totals, and the `sites` with the most recipients of the last week. What
/// counts from another time than `counted_from`, and what can't be read, is left out.
Result<std::vector<NamedRates>> read_rates(const store::Store& store, AccountId account,
                                           Time counted_from, std::size_t sites, Time now);

}  // namespace postrider::health
