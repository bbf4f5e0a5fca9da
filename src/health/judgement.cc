#include "health/judgement.h"

#include <array>
#include <fmt/format.h>
#include <optional>

namespace postrider::health {
namespace {

constexpr std::array<std::string_view, 3> kLevels{"good", "warn", "pause"};

double limit_of(Measure measure, Level level, const Limits& limits) {
  if (measure == Measure::bounces) {
    return level == Level::pause ? limits.bounces_pause : limits.bounces_warn;
  }
  return level == Level::pause ? limits.complaints_pause : limits.complaints_warn;
}

}  // namespace

std::string_view to_string(Level level) {
  return kLevels[static_cast<std::size_t>(level)];
}

Level level_of(const Tally& tally, Measure measure, const Limits& limits) {
  const bool of_bounces = measure == Measure::bounces;
  const std::uint64_t volume = of_bounces ? tally.ended : tally.delivered;
  if (volume < limits.volume_min || (!of_bounces && tally.complaints < limits.complaints_min)) {
    return Level::good;
  }
  const double percent = of_bounces ? tally.bounce_percent() : tally.complaint_percent();
  for (const Level level : {Level::pause, Level::warn}) {
    if (const double limit = limit_of(measure, level, limits); limit > 0 && percent >= limit) {
      return level;
    }
  }
  return Level::good;
}

std::vector<Finding> judge(const Rates& rates, const Limits& limits, Time now) {
  std::vector<Finding> findings;
  for (const Measure measure : {Measure::bounces, Measure::complaints}) {
    std::optional<Finding> worst;
    for (const Window window : kWindows) {
      const Tally tally = rates.sum(window, now);
      const Level level = level_of(tally, measure, limits);
      if (level > (worst ? worst->level : Level::good)) {
        worst = Finding{.measure = measure,
                        .level = level,
                        .window = window,
                        .tally = tally,
                        .limit = limit_of(measure, level, limits)};
      }
    }
    if (worst) {
      findings.push_back(*worst);
    }
  }
  return findings;
}

std::string explain(const Finding& finding, std::string_view stream, std::string_view site) {
  const bool of_bounces = finding.measure == Measure::bounces;
  const Tally& tally = finding.tally;
  return fmt::format("{:.{}f}% of {} {} of {} mail{}{} in {} {} (limit {:g}%)",
                     of_bounces ? tally.bounce_percent() : tally.complaint_percent(),
                     of_bounces ? 1 : 2, of_bounces ? tally.ended : tally.delivered,
                     of_bounces ? "recipients" : "delivered copies", stream,
                     site.empty() ? "" : " to ", site, to_string(finding.window),
                     of_bounces ? "bounced hard" : "were complained about", finding.limit);
}

}  // namespace postrider::health
