// What an endpoint is told, in its format, and which events it is told of at all.
//
// Native: {"type": "events", "timestamp": ..., "data": [...]}, each event whole (docs/events.md).
// Mailjet's formats: the objects of its Event API, one or a list of them; what our events do not
// know says nothing there (0 or ""). Pure; any thread.
#pragma once

#include <bitset>
#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "directory/webhook.h"
#include "events/event.h"

namespace postrider::webhook {

using EventPtr = std::shared_ptr<const events::Event>;

/// Signing in, settings, readers of the log, erasures: for who runs the relay.
bool is_of_the_installation(const events::Event& event);

/// Which events one endpoint is told of.
class Selection {
 public:
  /// Who names no types is not told of the installation's own affairs.
  explicit Selection(const directory::Webhook& webhook);
  bool takes(const events::Event& event) const {
    return types_[static_cast<std::uint8_t>(event.type)] &&
           (names_types_ || !is_of_the_installation(event)) &&
           (!account_.exists() || account_ == event.account) &&
           (campaigns_.empty() || campaigns_.contains(event.campaign));
  }

 private:
  AccountId account_;
  std::bitset<256> types_;
  bool names_types_;
  std::set<std::string> campaigns_;
};

/// Errc::invalid names the type that the format does not have, and those that it has.
Result<> check_types(directory::WebhookFormat format, std::span<const std::string> types);

/// One event as it stands in a body.
std::string event_text(directory::WebhookFormat format, const events::Event& event);
/// Of one event at least, and of exactly one in the format `mailjet`. `texts` are theirs.
std::string body_of(directory::WebhookFormat format, std::span<const EventPtr> events,
                    std::span<const std::string> texts);

/// An event that says that it is a test.
events::Event test_event(const directory::Webhook& webhook, Time now);

/// Mailjet's MessageUUID (Message_GUID) of a recipient: follows from its id, for good.
std::string message_uuid(RecipientId id);

}  // namespace postrider::webhook
