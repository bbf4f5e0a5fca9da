// `postrider events export`. As the other subcommands: command.h.
#pragma once

#include "cli/command.h"

namespace postrider::cli {

void add_export(CLI::App& events, Context& context);  ///< what stands behind `events`

}  // namespace postrider::cli
