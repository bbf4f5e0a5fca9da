#include "health/rows.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"

namespace postrider::health {
namespace {

using store::Table;

constexpr char kTold = 0;
constexpr char kRates = 1;
constexpr std::uint8_t kToldVersion = 1;

std::string key_of(char kind, AccountId account) {
  std::string key(1, kind);
  put_u64(key, account.value);
  return key;
}

void put_time(std::string& record, Time time) {
  put_u64(record, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

Time read_time(Reader& reader) {
  return Time(Duration(static_cast<std::int64_t>(reader.u64())));
}

bool is_busier(const std::pair<std::uint64_t, NamedRates>& a,
               const std::pair<std::uint64_t, NamedRates>& b) {
  return std::pair(b.first, std::string_view(a.second.name.site)) <
         std::pair(a.first, std::string_view(b.second.name.site));
}

}  // namespace

std::string_view to_string(Stream stream) {
  return stream == Stream::bulk ? "bulk" : "transactional";
}

std::string rates_key(const RowName& name) {
  std::string key = key_of(kRates, name.account);
  key.push_back(static_cast<char>(name.stream));
  return key.append(name.site);
}

std::optional<RowName> parse_rates_key(std::string_view key) {
  Reader reader(key);
  const std::uint8_t kind = reader.u8();
  RowName name;
  name.account = AccountId{reader.u64()};
  const std::uint8_t stream = reader.u8();
  if (!reader.ok() || kind != kRates || stream > static_cast<std::uint8_t>(Stream::bulk)) {
    return std::nullopt;
  }
  name.stream = static_cast<Stream>(stream);
  name.site = reader.rest();
  return name;
}

std::string first_rates_key() {
  return {kRates};
}

std::string behind_rates() {
  return {kRates + 1};
}

std::string told_key(AccountId account, Stream stream) {
  std::string key = key_of(kTold, account);
  key.push_back(static_cast<char>(stream));
  return key;
}

std::string encode(const Told& told) {
  std::string record = begin_record(kToldVersion, 24);
  put_time(record, told.bounces);
  put_time(record, told.complaints);
  put_time(record, told.pause);
  return seal_record(std::move(record));
}

Result<Told> decode_told(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  const bool is_known = opened.intact && opened.version == kToldVersion;
  Reader reader(is_known ? opened.payload : std::string_view());
  Told told;
  told.bounces = read_time(reader);
  told.complaints = read_time(reader);
  told.pause = read_time(reader);
  if (!reader.ok()) {
    return fail(Errc::corrupt, "what has been told of an account's health can't be read");
  }
  return told;
}

Result<std::vector<NamedRates>> read_rates(const store::Store& store, AccountId account,
                                           Time counted_from, std::size_t sites, Time now) {
  std::vector<NamedRates> totals;
  std::vector<std::pair<std::uint64_t, NamedRates>> busiest;  // a heap, the least busy in front
  const auto take = [&](std::string_view key, std::string_view record) {
    const std::optional<RowName> name = parse_rates_key(key);
    Result<Rates> rates = Rates::decode(record);
    if (!name || !rates) {
      log::error("a row of an account's health is left out", {{"key", hex(key)}});
      return true;
    }
    if (rates->counted_from() != counted_from) {
      return true;
    }
    if (name->site.empty()) {
      totals.push_back({.name = *name, .rates = *std::move(rates)});
      return true;
    }
    const std::uint64_t ended = rates->sum(Window::week, now).ended;
    if (ended > 0) {
      busiest.emplace_back(ended, NamedRates{.name = *name, .rates = *std::move(rates)});
      std::ranges::push_heap(busiest, is_busier);
    }
    if (busiest.size() > sites) {
      std::ranges::pop_heap(busiest, is_busier);
      busiest.pop_back();
    }
    return true;
  };
  TRY_VOID(store.scan(Table::health, key_of(kRates, account),
                      key_of(kRates, AccountId{account.value + 1}), take),
           "reading the account's health");
  std::ranges::sort_heap(busiest, is_busier);
  for (auto& [ended, rates] : busiest) {
    totals.push_back(std::move(rates));
  }
  return totals;
}

}  // namespace postrider::health
