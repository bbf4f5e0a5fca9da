// What the receiver makes of what it gets.
#include "load/tally.h"

#include <gtest/gtest.h>

namespace postrider::load {
namespace {

smtp::Envelope to(std::initializer_list<const char*> locals) {
  smtp::Envelope envelope;
  for (const char* local : locals) {
    envelope.recipients.emplace_back().address = {.local = local, .domain = "a.example"};
  }
  return envelope;
}

TEST(Tally, CountsByLocalPart) {
  Tally tally(nullptr);
  tally.take(to({"load-0000000a-1", "load-0000000a-2"}), "\r\n", Micros{});
  tally.take(to({"load-0000000a-1"}), "\r\n", Micros{});
  const CountingFigures figures = tally.figures();
  EXPECT_EQ(figures.messages, 2U);
  EXPECT_EQ(figures.recipients, 3U);
  ASSERT_EQ(figures.runs.size(), 1U);
  EXPECT_EQ(figures.runs[0].recipients, 2U);
  EXPECT_EQ(figures.runs[0].copies, 1U);
}

TEST(Tally, CountsByTheHeaderWhereTheAddressWasRewritten) {
  Tally tally(nullptr);
  tally.take(to({"ann"}), id_header({.run = 10, .first = 5}) + "\r\n", Micros{});
  tally.take(to({"ann"}), id_header({.run = 10, .first = 6, .count = 2}) + "\r\n", Micros{});
  const CountingFigures figures = tally.figures();
  ASSERT_EQ(figures.runs.size(), 1U);
  EXPECT_EQ(figures.runs[0].recipients, 1U);
  EXPECT_EQ(figures.foreign, 1U);
}

TEST(Tally, NoticesContentThatWasMadeForSomebodyElse) {
  Tally tally(nullptr);
  tally.take(to({"load-0000000a-1"}), id_header({.run = 10, .first = 2}) + "\r\n", Micros{});
  EXPECT_EQ(tally.figures().misdelivered, 1U);
}

TEST(Tally, WhatIsNotOfALoadIsForeign) {
  Tally tally(nullptr);
  tally.take(to({"ann", "bob"}), "Subject: x\r\n\r\n", Micros{});
  EXPECT_EQ(tally.figures().foreign, 2U);
  EXPECT_TRUE(tally.figures().runs.empty());
}

}  // namespace
}  // namespace postrider::load
