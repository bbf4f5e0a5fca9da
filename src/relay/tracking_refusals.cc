#include "relay/tracking_refusals.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace postrider::relay {
namespace {

using directory::TrackingRefusal;

constexpr AccountId kEverybody{0};

}  // namespace

Result<std::unique_ptr<TrackingRefusals>> TrackingRefusals::load(
    directory::Directory& directory, const suppression::Secret& secret) {
  std::unique_ptr<TrackingRefusals> loaded(new TrackingRefusals(directory, secret));
  TRY(std::vector<TrackingRefusal> all, directory.tracking_refusals());
  for (const TrackingRefusal& one : all) {
    loaded->refusals_.emplace(suppression::address_prefix(one.account, one.address), one);
  }
  return loaded;
}

std::optional<TrackingRefusal> TrackingRefusals::find_hash(
    AccountId list, const TrackingRefusal::Address& hash) const {
  const std::shared_lock lock(mutex_);
  const auto found = refusals_.find(suppression::address_prefix(list, hash));
  return found == refusals_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<TrackingRefusal> TrackingRefusals::find(AccountId list,
                                                      const mail::Address& address) const {
  return find_hash(list, suppression::hash_of(address, secret_));
}

Privacy TrackingRefusals::level(AccountId account, const mail::Address& address) const {
  Privacy level = kPrivacyMost;
  if (size() == 0) {
    return level;
  }
  const auto hash = suppression::hash_of(address, secret_);
  for (const AccountId list : {account, kEverybody}) {
    if (const auto refusal = find_hash(list, hash)) {
      level = std::min(level, refusal->privacy);
    }
  }
  return level;
}

std::size_t TrackingRefusals::size() const {
  const std::shared_lock lock(mutex_);
  return refusals_.size();
}

Result<> TrackingRefusals::put(AccountId list, const mail::Address& address, Privacy privacy,
                               Time now) {
  const TrackingRefusal refusal{.account = list,
                                .address = suppression::hash_of(address, secret_),
                                .privacy = privacy,
                                .since = now};
  TRY_VOID(directory_.put_tracking_refusal(refusal));
  const std::unique_lock lock(mutex_);
  refusals_.insert_or_assign(suppression::address_prefix(list, refusal.address), refusal);
  return {};
}

Result<> TrackingRefusals::remove(AccountId list, const mail::Address& address) {
  const auto hash = suppression::hash_of(address, secret_);
  if (!find_hash(list, hash)) {
    return fail(Errc::not_found, mail::to_string(address) + " is not on this list");
  }
  TRY_VOID(directory_.remove_tracking_refusal(list, hash));
  const std::unique_lock lock(mutex_);
  refusals_.erase(suppression::address_prefix(list, hash));
  return {};
}

}  // namespace postrider::relay
