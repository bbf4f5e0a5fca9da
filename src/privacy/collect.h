// Everything that is kept about one person: events of what was sent to them or by them, what they
// did with it, why they are suppressed, messages that are kept for people to look at.
//
// Reads the whole event log; blocks. Errors: the stores'.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "directory/directory.h"
#include "events/event.h"
#include "privacy/person.h"
#include "store/store.h"
#include "suppression/list.h"

namespace postrider::privacy {

struct Collected {
  std::vector<events::Event> events;                                   ///< in their order
  std::map<AccountId, std::vector<suppression::Change>> suppressions;  ///< 0: the global list
  std::map<MessageId, std::string> contents;
};

struct Sources {
  const store::Store& store;
  directory::Directory& directory;
  const suppression::List& suppressions;
  Time now;
};
/// Of one account, or of all.
Result<Collected> collect(const Sources& sources, const Person& person,
                          std::optional<AccountId> account);

}  // namespace postrider::privacy
