// What the files of the control API share: how an entry looks, and how its work gets off the io
// thread.
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

#include <boost/asio/awaitable.hpp>

#include "http/answer.h"
#include "http/control_api.h"
#include "http/router.h"

namespace postrider::http {

/// Whether an entry also answers where no relay runs.
enum class Needs { stores, relay };

/// `parts` outlives the await.
using Action = boost::asio::awaitable<Result<Response>> (*)(const ControlParts& parts, Call call);

struct Entry {
  std::string_view method;
  std::string_view pattern;
  Needs needs;
  Action action;
};

std::span<const Entry> instance_entries();  ///< status, clock, reload
std::span<const Entry> account_entries();
std::span<const Entry> account_health_entries();
std::span<const Entry> credential_entries();
std::span<const Entry> domain_entries();
std::span<const Entry> queue_entries();
std::span<const Entry> message_entries();
std::span<const Entry> content_entries();  ///< of messages that are kept for people to look at
std::span<const Entry> privacy_entries();
std::span<const Entry> event_entries();
std::span<const Entry> backup_entries();
std::span<const Entry> consumer_entries();
std::span<const Entry> statistics_entries();
std::span<const Entry> webhook_entries();
std::span<const Entry> webhook_action_entries();  ///< test, log, replay
std::span<const Entry> search_entries();
std::span<const Entry> suppression_entries();
std::span<const Entry> tracking_entries();
std::span<const Entry> tracking_choice_entries();  ///< of campaigns and of people
std::span<const Entry> link_entries();
std::span<const Entry> certificate_entries();

/// Runs what blocks on the relay's pool; in place where there is none. What `work` refers to lives
/// until the await ends.
template <class T>
boost::asio::awaitable<T> off_thread(const ControlParts& parts, std::move_only_function<T()> work) {
  if (parts.relay == nullptr) {
    co_return work();
  }
  co_return co_await parts.relay->blocking().run<T>(std::move(work));
}

/// Of an account that may have gone: its number then.
std::string account_name(const directory::Snapshot& snapshot, AccountId id);
/// As it stands in queue and directory: A-labels, if it can be made so.
std::string domain_key(const std::string& text);
Result<directory::Account> find_account(const directory::Snapshot& snapshot,
                                        const std::string& name);

}  // namespace postrider::http
