#include "privacy/collect.h"

#include <set>
#include <utility>

#include "base/bytes.h"
#include "retention/content_store.h"

namespace postrider::privacy {

using events::Event;

namespace {

/// Recipients that they were: what readers did may not name them (privacy: pseudonymous).
using Recipients = std::set<RecipientId>;

bool is_of(const Event& event, const Person& person, Recipients& recipients) {
  if (event.recipient.exists() && person.is(event.to)) {
    recipients.insert(event.recipient);
  }
  return (event.recipient.exists() && recipients.contains(event.recipient)) ||
         person.is(event.from) || person.is(event.header_from);
}

}  // namespace

Result<Collected> collect(const Sources& sources, const Person& person,
                          std::optional<AccountId> account) {
  Collected collected;
  Recipients recipients;
  TRY_VOID(sources.store.scan(store::Table::event, {}, {},
                              [&](std::string_view key, std::string_view record) {
                                Result<Event> event = events::decode(Reader(key).u64(), record);
                                if (event && (!account || event->account == *account) &&
                                    is_of(*event, person, recipients)) {
                                  collected.events.push_back(*std::move(event));
                                }
                                return true;
                              }),
           "reading the event log");
  std::vector<AccountId> lists{suppression::kGlobal};
  const auto snapshot = sources.directory.snapshot();
  for (const directory::Account* one : snapshot->accounts()) {
    if (!account || one->id == *account) {
      lists.push_back(one->id);
    }
  }
  for (const AccountId list : lists) {
    TRY(std::vector<suppression::Change> changes,
        sources.suppressions.history(list, person.address()));
    if (!changes.empty()) {
      collected.suppressions[list] = std::move(changes);
    }
  }
  const retention::ContentStore kept(sources.store, sources.directory);
  for (const Event& event : collected.events) {
    if (event.message.exists() && !collected.contents.contains(event.message)) {
      TRY(std::optional<std::string> content, kept.read(event.message, sources.now));
      if (content) {
        collected.contents[event.message] = *std::move(content);
      }
    }
  }
  return collected;
}

}  // namespace postrider::privacy
