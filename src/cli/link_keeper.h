// Where `postrider rewrite --data DIR` leaves the links of what it rewrites, so that a relay on DIR
// redirects them: with the relay that runs there, or in DIR itself where none does.
//
// Blocks. One thread. Errors: those of the directory and the store; Errc::not_found: no such
// account.
#pragma once

#include <filesystem>
#include <memory>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "links/tracked_message.h"
#include "track/token.h"

namespace postrider::cli {

class LinkKeeper {
 public:
  /// `account` empty: the first there is. Where no relay runs, one can't be started on `data` for
  /// as long as this lives.
  static Result<std::unique_ptr<LinkKeeper>> open(const std::filesystem::path& data,
                                                  const std::string& account);
  virtual ~LinkKeeper() = default;

  /// Gives it an id. Durable where a relay runs; otherwise once this has been destroyed.
  virtual Result<MessageId> keep(const links::TrackedMessage& message) = 0;

  AccountId account() const { return account_; }
  const track::TokenKeys& keys() const { return keys_; }

 protected:
  LinkKeeper(AccountId account, track::TokenKeys keys)
      : account_(account), keys_(std::move(keys)) {}

 private:
  AccountId account_;
  track::TokenKeys keys_;
};

}  // namespace postrider::cli
