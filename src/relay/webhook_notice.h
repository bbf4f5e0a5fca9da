// The mail to whoever an endpoint names as its contact: it is no longer told of events, and why.
// RFC 3834 (Auto-Submitted). Building it is pure; mailing it is for the committer's thread.
#pragma once

#include <string>

#include "base/clock.h"
#include "base/ids.h"
#include "directory/webhook.h"
#include "relay/intake.h"
#include "store/committer.h"

namespace postrider::relay {

std::string build_webhook_notice(const directory::Webhook& webhook, const std::string& why,
                                 const std::string& hostname, MessageId id, Time now);

/// Accepts it as mail of our own. `intake` outlives what is committed.
void mail_webhook_notice(Intake& intake, store::Committer& committer,
                         const directory::Webhook& webhook, const std::string& why,
                         const std::string& hostname, Time now);

}  // namespace postrider::relay
