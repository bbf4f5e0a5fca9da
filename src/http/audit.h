// What is told of requests to the control API that change something: an `operational` event
// `setting_changed` with what was changed and by whom. Values stay out of it, because some are
// secret: it names the fields, and of what is new its name. Pure; any thread.
#pragma once

#include <string_view>

#include "base/clock.h"
#include "events/event.h"
#include "http/server.h"

namespace postrider::http {

/// Whether requests of this entry change what somebody has set; others look, send or test.
bool changes_a_setting(std::string_view method, std::string_view pattern);

events::Event setting_changed(const Request& request, Time now);

}  // namespace postrider::http
