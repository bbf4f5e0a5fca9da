// What a message held, as it was accepted, on standard output: `message show --headers`, `--body`.
#pragma once

#include <string>

#include "cli/command.h"

namespace postrider::cli {

/// With both, an empty line stands in between. A terminal is shown no control characters;
/// a file gets the very bytes.
void show_content(Context& context, const std::string& id, bool headers, bool body);

}  // namespace postrider::cli
