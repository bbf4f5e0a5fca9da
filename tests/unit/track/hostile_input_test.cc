// 64 KiB that somebody thought about. What that costs to the millisecond: bench/micro/track_bench.
#include <ctime>
#include <gtest/gtest.h>
#include <string>

#include "hostile_pages.h"
#include "rewriting.h"

namespace postrider::track {
namespace {

TEST(HostileInput, OfPagesIsRewrittenOnce) {
  for (const std::string& page : hostile_pages()) {
    const Plan plan = plan_page(page, every_rule());
    const std::string copy = copy_of(plan, page);
    EXPECT_TRUE(plan.left_over > 0 || plan_page(copy, every_rule()).regions.empty())
        << page.substr(0, 60);
  }
}

TEST(HostileInput, OfMessagesIsRewrittenOnceOrLeftAlone) {
  for (const std::string& message : hostile_messages()) {
    const Plan plan = plan_message(message, every_rule());
    const std::string copy = copy_of(plan, message);
    EXPECT_TRUE(plan.left_over > 0 || plan_message(copy, every_rule()).regions.empty())
        << message.substr(0, 200);
    EXPECT_TRUE(plan.untouched.empty() || copy == message);
  }
}

#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
constexpr double kMillisecondsMost = 50 * 20;
#else
constexpr double kMillisecondsMost = 50;
#endif

/// Of this thread, so that a busy machine does not count.
double cpu_milliseconds() {
  timespec now{};
  ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return 1e3 * static_cast<double>(now.tv_sec) + 1e-6 * static_cast<double>(now.tv_nsec);
}

template <class MakePlan>
void expect_quick(const std::vector<std::string>& inputs, MakePlan make_plan) {
  for (const std::string& input : inputs) {
    const double begin = cpu_milliseconds();
    copy_of(make_plan(input), input);
    EXPECT_LT(cpu_milliseconds() - begin, kMillisecondsMost) << input.substr(0, 200);
  }
}

TEST(HostileInput, TakesLessThanFiftyMilliseconds) {
  expect_quick(hostile_pages(), [](const auto& page) { return plan_page(page, every_rule()); });
  expect_quick(hostile_messages(),
               [](const auto& text) { return plan_message(text, every_rule()); });
}

}  // namespace
}  // namespace postrider::track
