// What stands behind `account`: how its mail fares, and whether its bulk mail goes.
#pragma once

#include "cli/command.h"

namespace postrider::cli {

void add_account_health(CLI::App& account, Context& context);

}  // namespace postrider::cli
