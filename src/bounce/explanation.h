// Why a verdict is what it is, in words for an operator. Pure; any thread.
#pragma once

#include <string>

#include "bounce/classifier.h"

namespace postrider::bounce {

/// One line, sentences: what judged, what that means, what follows, and where the code disagrees.
std::string explain(const Finding& finding);

}  // namespace postrider::bounce
