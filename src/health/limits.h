// From when an account's figures are a warning, and from when its bulk mail is paused: section
// [health] of the configuration.
//
// The defaults are those of the field: hard bounces under review from 5% and sending paused from
// 10% (Amazon SES, reviews of sending); complaints under 0.1%, and never 0.3% (Google's and Yahoo's
// requirements for senders). Values.
#pragma once

#include <cstdint>

namespace postrider::health {

struct Limits {
  double bounces_warn = 5;  ///< percent of the recipients that ended; 0: never
  double bounces_pause = 10;
  double complaints_warn = 0.1;  ///< percent of those delivered; 0: never
  double complaints_pause = 0.3;
  std::uint32_t volume_min =
      500;  ///< recipients that ended (delivered) in a window; fewer: no judgement
  std::uint32_t complaints_min = 5;  ///< in a window; fewer: no judgement

  bool operator==(const Limits&) const = default;
};

}  // namespace postrider::health
