#include "webhook/retry.h"

#include <gtest/gtest.h>

namespace postrider::webhook {
namespace {

using directory::WebhookFormat;
using namespace std::chrono_literals;

constexpr std::uint32_t kMiddle = 1U << 31;

TEST(Retry, MailjetsIsEveryThirtySecondsForADay) {
  for (const WebhookFormat format : {WebhookFormat::mailjet, WebhookFormat::mailjet_grouped}) {
    EXPECT_EQ(next_try(format, 1, 0s, kMiddle), 30s);
    EXPECT_EQ(next_try(format, 2000, 23h, kMiddle), 30s);
    EXPECT_EQ(next_try(format, 2880, 24h, kMiddle), std::nullopt);
  }
}

TEST(Retry, NativeOnesBackOffToHalfAnHourForThreeDays) {
  EXPECT_EQ(next_try(WebhookFormat::native, 1, 0s, kMiddle), 5s);
  EXPECT_EQ(next_try(WebhookFormat::native, 2, 5s, kMiddle), 10s);
  EXPECT_EQ(next_try(WebhookFormat::native, 9, 1h, kMiddle), 1280s);
  EXPECT_EQ(next_try(WebhookFormat::native, 10, 1h, kMiddle), 30min);
  EXPECT_EQ(next_try(WebhookFormat::native, ~0ULL, 71h, kMiddle), 30min);
  EXPECT_EQ(next_try(WebhookFormat::native, 200, 72h, kMiddle), std::nullopt);
}

TEST(Retry, IsSpreadByAFifth) {
  EXPECT_EQ(next_try(WebhookFormat::mailjet, 1, 0s, 0), 24s);
  EXPECT_NEAR(static_cast<double>(next_try(WebhookFormat::mailjet, 1, 0s, ~0U)->count()), 36000, 1);
}

}  // namespace
}  // namespace postrider::webhook
