#include "search/row_place.h"

#include "base/bytes.h"
#include "search/index_key.h"

namespace postrider::search {
namespace {

constexpr unsigned kSecondShift = 23;  // of an id (base/ids.h)

}  // namespace

std::optional<RowPlace> place_of(std::string_view row_key) {
  Reader reader(row_key);
  reader.u8();
  const AccountId account{reader.u64()};
  reader.u64();
  reader.u64();
  if (!reader.ok()) {
    return std::nullopt;
  }
  return RowPlace{.account = account,
                  .accepted = time_of(RecipientId{second_in(row_key) << kSecondShift})};
}

}  // namespace postrider::search
