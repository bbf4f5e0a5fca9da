#include "http/metrics_text.h"

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

}  // namespace
}  // namespace postrider::http
