// What a failed attempt means, in the words of the bounce taxonomy: what the peer said by the
// classifier, and what we say ourselves where it said nothing (the enhanced status codes that
// delivery gives, RFC 3463).
// Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "bounce/classifier.h"
#include "delivery/attempt.h"

namespace postrider::delivery {

/// The `rule` where nobody but us has said anything.
inline constexpr std::string_view kOwnWords = "own-words";
/// And where nothing was tried.
inline constexpr std::string_view kSuppressionList = "suppression-list";

/// The enhanced status of a recipient whose schedule has ended while it waited: no attempt.
inline constexpr std::string_view kExpiredWaiting = "4.4.7";
/// And of one that waited for its account's pause to end: a decision of ours, which is not held
/// against the recipient as a soft bounce would be.
inline constexpr std::string_view kExpiredHeld = "4.7.1";

/// Of an attempt that was not answered with 2xx.
bounce::Verdict judge(const Attempt& attempt, const bounce::Classifier& classifier);

/// Of a reply as it was written down ("451 4.7.1 greylisted"): all that is left of the last attempt
/// of a recipient that expires while it waits. Empty: it has never been tried. Our own words, which
/// begin with no code, are timed_out where no rule knows them.
bounce::Verdict judge_last_reply(std::string_view reply, const bounce::Classifier& classifier);

}  // namespace postrider::delivery
