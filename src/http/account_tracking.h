// How an account is tracked, as the control API has it:
//
//   tracking_host                     "https://links.example.org"; "": nothing is tracked
//   privacy                           the ceiling: off, anonymous, pseudonymous, identified, full
//   track_bulk, track_transactional   off, opens, clicks or both, unless a message says otherwise
//   track_text                        links of plain text, too
//   preserve_signed                   leave what its author's domain has signed already
//   url_tags                          "utm_source=shop&utm_medium=email"
//   keep_hosts                        links there stay: "a.example b.example"
//
// Pure; any thread.
#pragma once

#include <functional>
#include <string_view>

#include "base/json_text.h"
#include "base/result.h"
#include "directory/tracking.h"
#include "http/request_body.h"

namespace postrider::http {

/// "off", "opens", "clicks", "both".
std::string_view name_of(directory::TrackingSwitches switches);
Result<directory::TrackingSwitches> parse_switches(std::string_view name);  ///< Errc::invalid

void write_tracking(JsonText& json, const directory::Tracking& tracking);

/// Empty: the request names nothing of it. Errc::invalid names the member and says what to send.
Result<std::function<void(directory::Tracking&)>> tracking_change(const RequestBody& body);

}  // namespace postrider::http
