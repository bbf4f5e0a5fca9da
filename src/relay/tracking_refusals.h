// Who has said that they are not to be tracked, or less than their senders would: in memory,
// because each message that is accepted asks; kept in the directory by a keyed hash of the address.
//
// Of what the sender's list and the list for every account say, the less counts. level() and find()
// from any thread, a lock for a moment and, where anybody is listed at all, a hash. put() and
// remove() block on the directory.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <shared_mutex>
#include <string>
#include <unordered_map>

#include "base/privacy.h"
#include "base/result.h"
#include "directory/directory.h"
#include "mail/address.h"
#include "suppression/change.h"

namespace postrider::relay {

class TrackingRefusals {
 public:
  /// Errors: those of the directory, which outlives it.
  static Result<std::unique_ptr<TrackingRefusals>> load(directory::Directory& directory,
                                                        const suppression::Secret& secret);

  /// The most that may be known of a recipient; kPrivacyMost: whatever the sender may know.
  Privacy level(AccountId account, const mail::Address& address) const;
  /// What one list says (account 0: that for every account); nothing: the address isn't there.
  std::optional<directory::TrackingRefusal> find(AccountId list,
                                                 const mail::Address& address) const;
  std::size_t size() const;

  /// Also where there is one.
  Result<> put(AccountId list, const mail::Address& address, Privacy privacy, Time now);
  /// Errc::not_found.
  Result<> remove(AccountId list, const mail::Address& address);

 private:
  TrackingRefusals(directory::Directory& directory, const suppression::Secret& secret)
      : directory_(directory), secret_(secret) {}
  std::optional<directory::TrackingRefusal> find_hash(
      AccountId list, const directory::TrackingRefusal::Address& hash) const;

  directory::Directory& directory_;
  const suppression::Secret secret_;
  mutable std::shared_mutex mutex_;  // guards refusals_
  /// By account and hash.
  std::unordered_map<std::string, directory::TrackingRefusal> refusals_;
};

}  // namespace postrider::relay
