#include "relay/used_ids.h"

#include <algorithm>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "base/ids.h"

namespace postrider::relay {
namespace {

/// The largest listener.NAME.recipients_max: the ids of a message's other recipients lie behind the
/// one that names it, and were used although nothing has been written under them yet.
constexpr std::uint64_t kRecipientsMost = 100'000;

}  // namespace

Result<std::uint64_t> highest_used_id(const store::Store& store) {
  std::uint64_t highest = 0;
  for (const auto table : {store::Table::meta, store::Table::event_about, store::Table::link}) {
    TRY(const std::optional<std::string> key, store.last_key(table));
    highest = key ? std::max(highest, Reader(*key).u64()) : highest;
  }
  return highest + kRecipientsMost * kIdStep;
}

}  // namespace postrider::relay
