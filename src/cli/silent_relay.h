// The control API on a data directory whose relay does not run, for what changes something: the
// relay's own parts, in this process, for as long as one question takes. Nothing listens, nothing
// is sent. Blocks; main thread.
#pragma once

#include "base/result.h"
#include "cli/command.h"
#include "cli/control_client.h"

namespace postrider::cli {

/// Errc::unavailable: another process has the directory.
Result<Answer> ask_silently(const Context& context, const Question& question);

}  // namespace postrider::cli
