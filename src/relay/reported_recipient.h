// A recipient of ours as the event log knows it, and what a report about it adds to its story.
// Reading blocks for a moment on the disk; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "events/event_store.h"
#include "relay/report_reading.h"

namespace postrider::relay {

struct KnownRecipient {
  events::Event facts;                           ///< what is to be repeated in an event about it
  events::Type stands = events::Type::accepted;  ///< how its delivery ended, or that it goes on
  bool has_complained = false;
  bool has_unsubscribed = false;
  bool was_delayed = false;
};

/// Nothing: the log knows none of this id.
Result<std::optional<KnownRecipient>> find_recipient(const events::EventStore& events,
                                                     RecipientId recipient);

/// All recipients of the message, or its first kSharedMost.
inline constexpr std::uint32_t kSharedMost = 1000;
struct SharedRecipient {
  RecipientId id;
  std::string address;
};
Result<std::vector<SharedRecipient>> recipients_of(const events::EventStore& events,
                                                   MessageId message);

enum class Addition {
  event,    ///< tells something new
  nothing,  ///< was told before, or the recipient had ended
  later,    ///< the copy is not known to have been delivered: the report is early
};
Addition addition_of(const Told& told, const KnownRecipient& known);

/// Of an Addition::event.
events::Event event_of(const Told& told, const KnownRecipient& known, Time now);

/// What is told of the recipient with this address: of the same address, else the first bounce,
/// else the first. Null: nothing is told.
const Told* told_about(std::span<const Told> told, std::string_view address);

}  // namespace postrider::relay
