// What a recipient gets of a tracked message who is not to be tracked: links and all other bytes as
// the sender wrote them, no pixel, and what is written for us alone (placeholders, "+notrack")
// taken out as in the others' copies. Pure; any thread.
#pragma once

#include <memory>
#include <string_view>

#include "base/result.h"
#include "track/plan.h"
#include "track/splice.h"

namespace postrider::track {

/// Nothing in it has a token. No regions: the message as it is.
Plan untracked(const Plan& plan);

/// Null: the message as it is. `message` must outlive the splice. Errors as Splice::prepare().
Result<std::shared_ptr<const Splice>> untracked_splice(const Plan& plan, std::string_view message);

}  // namespace postrider::track
