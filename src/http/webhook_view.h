// An endpoint as the control API shows it, and how one is read from a request. Pure; any thread.
#pragma once

#include <string>

#include "base/json_text.h"
#include "base/result.h"
#include "directory/directory.h"
#include "http/control.h"
#include "http/request_body.h"
#include "webhook/webhooks.h"

namespace postrider::http {

/// The members, into an object that is open. Secrets only where they are asked for.
void write_webhook(JsonText& json, const ControlParts& parts, const directory::Webhook& webhook,
                   bool with_secrets);

/// What of `webhook` the body sets: url, backup_url, account, format, types, campaigns, headers,
/// contact.
/// Errc::invalid, not_found.
Result<> read_webhook(const ControlParts& parts, const RequestBody& body,
                      directory::Webhook& webhook);

/// By the id in the path. Errc::not_found, invalid.
Result<std::shared_ptr<const directory::Webhook>> find_webhook(const ControlParts& parts,
                                                               const Call& call);

void write_webhook_request(JsonText& json, const webhook::Request& request);

}  // namespace postrider::http
