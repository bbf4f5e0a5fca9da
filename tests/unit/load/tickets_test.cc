// Who sends which message, and when there are no more.
#include "load/tickets.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

TEST(Tickets, NumberWithoutGapsUpToTheLimit) {
  Tickets tickets(2, false);
  EXPECT_EQ(tickets.take(), 0U);
  EXPECT_EQ(tickets.take(), 1U);
  EXPECT_EQ(tickets.take(), std::nullopt);
}

TEST(Tickets, RefusedOnesCountAsTried) {
  Tickets tickets(1, false);
  tickets.take();
  tickets.settle(false);
  EXPECT_EQ(tickets.take(), std::nullopt);
}

TEST(Tickets, UntilAcceptedARefusedOneMakesRoomForAnother) {
  Tickets tickets(2, true);
  EXPECT_EQ(tickets.take(), 0U);
  EXPECT_EQ(tickets.take(), 1U);
  EXPECT_EQ(tickets.take(), std::nullopt) << "both that are out may be accepted";
  tickets.settle(false);
  EXPECT_EQ(tickets.take(), 2U);
  tickets.settle(true);
  tickets.settle(true);
  EXPECT_EQ(tickets.take(), std::nullopt);
}

TEST(Tickets, OneThatIsGivenBackIsTakenAgain) {
  Tickets tickets(2, false);
  tickets.take();
  tickets.take();
  tickets.give_back(0);
  EXPECT_EQ(tickets.take(), 0U);
  EXPECT_EQ(tickets.take(), std::nullopt);
}

TEST(Tickets, WithoutALimitThereAreAlwaysMoreUntilStopped) {
  Tickets tickets(std::nullopt, false);
  EXPECT_EQ(tickets.take(), 0U);
  EXPECT_FALSE(tickets.is_stopped());
  tickets.stop();
  EXPECT_TRUE(tickets.is_stopped());
  EXPECT_EQ(tickets.take(), std::nullopt);
}

}  // namespace
}  // namespace postrider::load
