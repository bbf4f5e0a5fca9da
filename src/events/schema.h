// The JSON schema of an event (JSON Schema, draft 2020-12), made from the list of fields that
// events are written by. Pure; any thread.
#pragma once

#include <string>

namespace postrider::events {

/// On many lines, with a line end.
std::string json_schema();

}  // namespace postrider::events
