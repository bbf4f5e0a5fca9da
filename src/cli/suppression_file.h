// Suppression lists as CSV files: sent to an instance in pieces, and fetched from it. Blocks.
#pragma once

#include <iosfwd>
#include <string>

#include "cli/command.h"

namespace postrider::cli {

/// `list`: "account=NAME" or "global=1", as the control API is asked. Complains of each line that
/// can't be read; the exit status is 1 then, and the rest is taken all the same.
void import_suppressions(Context& context, const std::string& list, std::istream& from);

/// To standard output.
void export_suppressions(Context& context, const std::string& list);

}  // namespace postrider::cli
