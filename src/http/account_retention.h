// How long an account is remembered, as the control API has it:
//
//   keep_events     "30d": of its events; "": as long as the installation keeps any
//   keep_messages   "3d": of headers and bodies, for people to look at, up to 7d; "0": not at all;
//                   "": as the installation
//
// Pure; any thread.
#pragma once

#include <functional>

#include "base/json_text.h"
#include "base/result.h"
#include "directory/retention.h"
#include "http/request_body.h"

namespace postrider::http {

void write_retention(JsonText& json, const directory::Retention& retention);

/// Empty: the request names nothing of it. Errc::invalid names the member and says what to send.
Result<std::function<void(directory::Retention&)>> retention_change(const RequestBody& body);

}  // namespace postrider::http
