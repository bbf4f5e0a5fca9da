// What an account's figures say: nothing, a warning, or that its bulk mail is to be paused.
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "health/limits.h"
#include "health/rates.h"

namespace postrider::health {

enum class Measure : std::uint8_t { bounces, complaints };
enum class Level : std::uint8_t { good, warn, pause };
std::string_view to_string(Level level);  ///< "good"

/// A limit that a window has reached.
struct Finding {
  Measure measure = Measure::bounces;
  Level level = Level::good;  ///< never good
  Window window = Window::hour;
  Tally tally;
  double limit = 0;  ///< percent
};

Level level_of(const Tally& tally, Measure measure, const Limits& limits);

/// At most one for each measure: the worst, of the shortest window that shows it.
std::vector<Finding> judge(const Rates& rates, const Limits& limits, Time now);

/// "12.0% of 1000 recipients of bulk mail to mx.example.com in 24h bounced hard (limit 10%)".
/// `site` empty: of all sites.
std::string explain(const Finding& finding, std::string_view stream, std::string_view site);

}  // namespace postrider::health
