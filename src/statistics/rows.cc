#include "statistics/rows.h"

#include <algorithm>

#include "base/bytes.h"

namespace postrider::statistics {

std::uint32_t begin_of(Span span, Time time) {
  const auto hours = std::chrono::floor<std::chrono::hours>(time.time_since_epoch()).count();
  const auto hour = static_cast<std::uint32_t>(std::clamp<std::int64_t>(hours, 0, 1U << 31));
  return hour - hour % hours_of(span);
}

std::string key_of_time(const RowName& name) {
  std::string key;
  put_u64(key, name.account.value);
  key.push_back(static_cast<char>(name.span));
  key.push_back(static_cast<char>(name.dimension));
  put_u32(key, name.begin);
  return key;
}

std::string key_of(const RowName& name) {
  return key_of_time(name) + name.value;
}

std::optional<RowName> parse_key(std::string_view key) {
  Reader reader(key);
  RowName name;
  name.account = AccountId{reader.u64()};
  name.span = static_cast<Span>(reader.u8());
  name.dimension = static_cast<Dimension>(reader.u8());
  name.begin = reader.u32();
  name.value = reader.rest();
  return reader.ok() ? std::optional(std::move(name)) : std::nullopt;
}

}  // namespace postrider::statistics
