#include "http/metrics_text.h"

#include <array>
#include <gtest/gtest.h>

namespace postrider::http {
namespace {

TEST(MetricsText, IsTheFormatThatPrometheusReads) {
  MetricsText metrics;
  metrics.counter("postrider_attempts_total", "Attempts.");
  metrics.sample(std::uint64_t{3}, {{"outcome", "delivered"}, {"site", "a\"b\\c\nd"}});
  metrics.gauge("process_cpu_seconds", "Time.");
  metrics.sample(1.5);
  EXPECT_EQ(metrics.take(),
            "# HELP postrider_attempts_total Attempts.\n"
            "# TYPE postrider_attempts_total counter\n"
            "postrider_attempts_total{outcome=\"delivered\",site=\"a\\\"b\\\\c\\nd\"} 3\n"
            "# HELP process_cpu_seconds Time.\n"
            "# TYPE process_cpu_seconds gauge\n"
            "process_cpu_seconds 1.5\n");
}

TEST(MetricsText, HistogramsAreCumulative) {
  constexpr std::array kBounds{0.5, 10.0};
  DurationCounts counts;
  for (const double seconds : {0.25, 2.0, 4.0, 60.0}) {
    counts.add(seconds, kBounds);
  }
  MetricsText metrics;
  metrics.histogram("postrider_wait_seconds", "Waits.");
  metrics.sample(counts, kBounds, {"provider", "example.net"});
  metrics.histogram("postrider_look_seconds", "Looks.");
  metrics.sample(DurationCounts(), std::span(kBounds).first(1));
  EXPECT_EQ(metrics.take(),
            "# HELP postrider_wait_seconds Waits.\n"
            "# TYPE postrider_wait_seconds histogram\n"
            "postrider_wait_seconds_bucket{provider=\"example.net\",le=\"0.5\"} 1\n"
            "postrider_wait_seconds_bucket{provider=\"example.net\",le=\"10\"} 3\n"
            "postrider_wait_seconds_bucket{provider=\"example.net\",le=\"+Inf\"} 4\n"
            "postrider_wait_seconds_sum{provider=\"example.net\"} 66.25\n"
            "postrider_wait_seconds_count{provider=\"example.net\"} 4\n"
            "# HELP postrider_look_seconds Looks.\n"
            "# TYPE postrider_look_seconds histogram\n"
            "postrider_look_seconds_bucket{le=\"0.5\"} 0\n"
            "postrider_look_seconds_bucket{le=\"+Inf\"} 0\n"
            "postrider_look_seconds_sum 0\n"
            "postrider_look_seconds_count 0\n");
}

}  // namespace
}  // namespace postrider::http
