// How many people opened and clicked a campaign, each once however many of its messages they got
// and however often they came: a set for each campaign, account (and all) and day (UTC), beside the
// rows of counters. The sets of several days are merged when somebody asks.
//
// People are who the events name, by their addresses; where an event names nobody, its recipient
// counts as one. A set that has become a sketch (people_set.h) no longer forgets who turned out to
// be a machine.
//
// Thread of CampaignPeople: the counter's.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/ids.h"
#include "base/result.h"
#include "events/event.h"
#include "statistics/people_set.h"
#include "store/store.h"

namespace postrider::statistics {

class CampaignPeople {
 public:
  explicit CampaignPeople(const store::Store& store) : store_(store) {}

  /// Somebody opened or clicked, in this hour; nothing where there is no campaign.
  Result<> add(const events::Event& hit, std::uint32_t hour);
  /// It was no person, and has not been there otherwise.
  Result<> remove(const events::Event& hit, std::uint32_t hour);

  /// Writes what has changed since the last call, and forgets it.
  void write(store::Step& step);
  void forget() { changed_.clear(); }

 private:
  Result<PeopleSet*> set(const std::string& key);

  const store::Store& store_;
  std::unordered_map<std::string, PeopleSet> changed_;  // by key
};

/// Of the days that lie in or touch the hours from `from` to behind `to`; account 0: all.
/// Sets that can't be read are left out. Any thread; errors: those of the store.
Result<PeopleSet> people_of(const store::Store& store, AccountId account, events::Type type,
                            std::string_view campaign, std::uint32_t from, std::uint32_t to);

}  // namespace postrider::statistics
