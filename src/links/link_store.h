// Where the links of tracked messages lead: one record a message, written in the step that accepts
// it, and read when somebody opens or clicks. Records outlive the message's place in the spool, and
// go when the links' time is over.
//
// Any thread; reading blocks for a moment on the disk. Errors: those of the store; Errc::corrupt
// for a record that can't be read.
#pragma once

#include <optional>
#include <string>

#include "base/ids.h"
#include "base/result.h"
#include "links/tracked_message.h"
#include "store/step.h"

namespace postrider::store {
class Store;
}

namespace postrider::links {

/// A target, on its own.
struct Target {
  AccountId account;
  std::string campaign;
  std::string url;
  bool is_app_link = false;
};

class LinkStore {
 public:
  /// The store outlives it.
  explicit LinkStore(const store::Store& store) : store_(store) {}

  /// Writes it into the step that accepts the message, or anew. With what the plan knows:
  /// TrackedMessage::set_links().
  static void put(store::Step& step, MessageId message, const TrackedMessage& tracked);

  /// Nothing: not tracked, or its time is over.
  Result<std::optional<TrackedMessage>> read(MessageId message) const;
  /// As it is stored, for find_target().
  Result<std::optional<std::string>> record(MessageId message) const;
  /// Nothing: no such link of such a message, or the message is another account's.
  Result<std::optional<Target>> find(AccountId account, MessageId message,
                                     std::uint16_t link) const;

  /// Writes into `step` that messages accepted before `time` go.
  static void expire(store::Step& step, Time time);

 private:
  const store::Store& store_;
};

}  // namespace postrider::links
