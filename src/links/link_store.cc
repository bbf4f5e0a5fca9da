#include "links/link_store.h"

#include "base/bytes.h"
#include "store/store.h"

namespace postrider::links {
namespace {

std::string key_of(MessageId message) {
  std::string key;
  put_u64(key, message.value);
  return key;
}

}  // namespace

void LinkStore::put(store::Step& step, MessageId message, const TrackedMessage& tracked) {
  step.put(store::Table::link, key_of(message), encode(tracked));
}

Result<std::optional<std::string>> LinkStore::record(MessageId message) const {
  return store_.get(store::Table::link, key_of(message));
}

Result<std::optional<TrackedMessage>> LinkStore::read(MessageId message) const {
  TRY(const std::optional<std::string> record, this->record(message));
  if (!record) {
    return std::nullopt;
  }
  TRY(TrackedMessage tracked, decode(*record), "message " + to_string(message));
  return tracked;
}

Result<std::optional<Target>> LinkStore::find(AccountId account, MessageId message,
                                              std::uint16_t link) const {
  TRY(const std::optional<std::string> record, this->record(message));
  if (!record) {
    return std::nullopt;
  }
  TRY(const std::optional<FoundTarget> found, find_target(*record, link),
      "message " + to_string(message));
  if (!found || found->account != account) {
    return std::nullopt;
  }
  return Target{.account = found->account,
                .campaign = std::string(found->campaign),
                .url = std::string(found->url),
                .is_app_link = found->is_app_link};
}

void LinkStore::expire(store::Step& step, Time time) {
  step.erase_range(store::Table::link, key_of(MessageId{1}),
                   key_of(MessageId{first_id_at(time).value}));
}

}  // namespace postrider::links
