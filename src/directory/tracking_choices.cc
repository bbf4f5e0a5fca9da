#include <algorithm>
#include <utility>

#include "base/text.h"
#include "directory/row_values.h"
#include "directory/rows.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

constexpr std::int64_t kOpens = 1;
constexpr std::int64_t kClicks = 2;
constexpr std::size_t kCampaignsMax = 100'000;

std::int64_t number_of(const TrackingSwitches& switches) {
  return (switches.opens ? kOpens : 0) | (switches.clicks ? kClicks : 0);
}

Privacy privacy_at(const Statement& row, int column) {
  return static_cast<Privacy>(
      std::clamp<std::int64_t>(row.integer(column), 0, static_cast<std::int64_t>(kPrivacyMost)));
}

std::string_view bytes_of(const TrackingRefusal::Address& address) {
  return {reinterpret_cast<const char*>(address.data()), address.size()};
}

}  // namespace

Result<std::vector<CampaignTracking>> read_campaign_trackings(Database& database) {
  // -1 in place of null: a row has no other way to tell it from 0.
  TRY(Statement rows, database.prepare("SELECT account, campaign, coalesce(switches, -1), privacy "
                                       "FROM campaign_tracking"));
  std::vector<CampaignTracking> all;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return all;
    }
    CampaignTracking& one = all.emplace_back();
    one.account = id_at<AccountId>(rows, 0);
    one.campaign = rows.text(1);
    if (const std::int64_t switches = rows.integer(2); switches >= 0) {
      one.switches = {.opens = (switches & kOpens) != 0, .clicks = (switches & kClicks) != 0};
    }
    one.privacy = privacy_at(rows, 3);
  }
}

Result<> Directory::set_campaign_tracking(const CampaignTracking& wanted) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.account(wanted.account) == nullptr) {
    return no_such("account", to_string(wanted.account));
  }
  if (next.campaign_trackings().size() >= kCampaignsMax) {
    return fail(Errc::invalid, "there are " + std::to_string(kCampaignsMax) +
                                   " campaigns with settings of their own: remove some first");
  }
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(Statement write, state_->database.prepare("INSERT OR REPLACE INTO campaign_tracking VALUES "
                                                  "(?, ?, nullif(?, -1), ?)"));
    write.bind(number(wanted.account))
        .bind(wanted.campaign)
        .bind(wanted.switches ? number_of(*wanted.switches) : -1)
        .bind(number(wanted.privacy));
    TRY_VOID(write.step());
    return {};
  }));
  next.put(wanted);
  state_->publish(std::move(next));
  return {};
}

Result<> Directory::remove_campaign_tracking(AccountId account, std::string_view campaign) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.campaign_tracking(account, campaign) == nullptr) {
    return fail(Errc::not_found, "campaign " + in_quotes(campaign) +
                                     " has no settings of its own: it is tracked as its stream is");
  }
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(Statement erase, state_->database.prepare(
                             "DELETE FROM campaign_tracking WHERE account = ? AND campaign = ?"));
    TRY_VOID(erase.bind(number(account)).bind(campaign).step());
    return {};
  }));
  next.remove_campaign_tracking(account, campaign);
  state_->publish(std::move(next));
  return {};
}

Result<std::vector<TrackingRefusal>> Directory::tracking_refusals() {
  const std::lock_guard lock(state_->writing);
  TRY(Statement rows,
      state_->database.prepare("SELECT account, address, privacy, since FROM tracking_refusal"),
      "reading who is not to be tracked");
  std::vector<TrackingRefusal> all;
  while (true) {
    TRY(const bool found, rows.step(), "reading who is not to be tracked");
    if (!found) {
      return all;
    }
    const std::string address = rows.text(1);
    TrackingRefusal& one = all.emplace_back();
    one.account = id_at<AccountId>(rows, 0);
    std::copy_n(address.begin(), std::min(address.size(), one.address.size()), one.address.begin());
    one.privacy = privacy_at(rows, 2);
    one.since = time_at(rows, 3);
  }
}

Result<> Directory::put_tracking_refusal(const TrackingRefusal& refusal) {
  const std::lock_guard lock(state_->writing);
  return state_->commit([&]() -> Result<> {
    TRY(Statement write,
        state_->database.prepare("INSERT OR REPLACE INTO tracking_refusal VALUES (?, ?, ?, ?)"));
    write.bind(number(refusal.account))
        .bind_blob(bytes_of(refusal.address))
        .bind(number(refusal.privacy))
        .bind(milliseconds(refusal.since));
    TRY_VOID(write.step());
    return {};
  });
}

Result<> Directory::remove_tracking_refusal(AccountId account,
                                            const TrackingRefusal::Address& address) {
  const std::lock_guard lock(state_->writing);
  return state_->commit([&]() -> Result<> {
    TRY(Statement erase,
        state_->database.prepare("DELETE FROM tracking_refusal WHERE account = ? AND address = ?"));
    TRY_VOID(erase.bind(number(account)).bind_blob(bytes_of(address)).step());
    return {};
  });
}

}  // namespace postrider::directory
