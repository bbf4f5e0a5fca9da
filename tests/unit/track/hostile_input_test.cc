// 64 KiB that somebody thought about. What that costs: bench/micro/track_bench.
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

}  // namespace
}  // namespace postrider::track
