#include "statistics/campaign_people.h"

#include <optional>
#include <utility>

#include "base/bytes.h"
#include "base/log.h"
#include "base/text.h"

namespace postrider::statistics {
namespace {

constexpr char kPrefix = '\xfd';  // account ids begin with zeros, and reader sets have 0xfe
constexpr std::uint32_t kDay = 24;

std::string key_of(AccountId account, events::Type type, std::string_view campaign) {
  std::string key(1, kPrefix);
  put_u64(key, account.value);
  key.push_back(static_cast<char>(type));
  put_bytes(key, campaign);
  return key;
}

std::string key_of(AccountId account, const events::Event& hit, std::uint32_t hour) {
  std::string key = key_of(account, hit.type, hit.campaign);
  put_u32(key, hour - hour % kDay);
  return key;
}

std::uint64_t who(const events::Event& hit) {
  return person(hit.to.empty() ? to_string(hit.recipient) : hit.to);
}

}  // namespace

Result<> CampaignPeople::add(const events::Event& hit, std::uint32_t hour) {
  if (hit.campaign.empty()) {
    return {};
  }
  for (const AccountId account : {AccountId{}, hit.account}) {
    TRY(PeopleSet* const people, set(key_of(account, hit, hour)));
    people->add(who(hit));
  }
  return {};
}

Result<> CampaignPeople::remove(const events::Event& hit, std::uint32_t hour) {
  if (hit.campaign.empty()) {
    return {};
  }
  for (const AccountId account : {AccountId{}, hit.account}) {
    TRY(PeopleSet* const people, set(key_of(account, hit, hour)));
    people->remove(who(hit));
  }
  return {};
}

Result<PeopleSet*> CampaignPeople::set(const std::string& key) {
  if (const auto found = changed_.find(key); found != changed_.end()) {
    return &found->second;
  }
  TRY(const std::optional<std::string> record, store_.get(store::Table::counter, key));
  PeopleSet people;
  if (record) {
    if (Result<PeopleSet> read = PeopleSet::decode(*record)) {
      people = *std::move(read);
    } else {
      log::error("a set of a campaign's readers can't be read and begins again at nobody",
                 {{"row", hex(key)},
                  {"advice", "`postrider events replay statistics --from 1` counts anew"}});
    }
  }
  return &changed_.emplace(key, std::move(people)).first->second;
}

void CampaignPeople::write(store::Step& step) {
  for (const auto& [key, people] : changed_) {
    step.put(store::Table::counter, key, people.encode());
  }
  changed_.clear();
}

Result<PeopleSet> people_of(const store::Store& store, AccountId account, events::Type type,
                            std::string_view campaign, std::uint32_t from, std::uint32_t to) {
  std::string first = key_of(account, type, campaign);
  std::string behind = first;
  put_u32(first, from - from % kDay);
  put_u32(behind, to);
  PeopleSet all;
  TRY_VOID(store.scan(store::Table::counter, first, behind,
                      [&](std::string_view /*key*/, std::string_view record) {
                        if (const Result<PeopleSet> people = PeopleSet::decode(record)) {
                          all.add(*people);
                        }
                        return true;
                      }),
           "reading the statistics");
  return all;
}

}  // namespace postrider::statistics
