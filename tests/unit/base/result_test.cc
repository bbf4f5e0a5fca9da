#include "base/result.h"

#include <gtest/gtest.h>
#include <memory>

namespace postrider {
namespace {

Result<std::unique_ptr<int>> make(bool works) {
  if (!works) {
    return fail(Errc::not_found, "no such number");
  }
  return std::make_unique<int>(7);
}

Result<> check(bool works) {
  if (!works) {
    return fail(Errc::timeout, "too slow");
  }
  return {};
}

std::string context(int* evaluated) {
  ++*evaluated;
  return "checking";
}

Result<int> use(bool makes, bool checks, int* evaluated) {
  TRY(const std::unique_ptr<int> number, make(makes), "making");
  TRY_VOID(check(checks), context(evaluated));
  TRY_VOID(check(true));
  return *number;
}

TEST(Try, HandsTheValueOn) {
  int evaluated = 0;
  EXPECT_EQ(use(true, true, &evaluated).value(), 7);
  EXPECT_EQ(evaluated, 0) << "context is for failures";
}

TEST(Try, ReturnsTheErrorWithItsContextInFront) {
  int evaluated = 0;
  const auto made = use(false, true, &evaluated);
  ASSERT_FALSE(made);
  EXPECT_EQ(made.error().code(), Errc::not_found);
  EXPECT_EQ(made.error().text(), "making: no such number");
  const auto checked = use(true, false, &evaluated);
  ASSERT_FALSE(checked);
  EXPECT_EQ(checked.error().code(), Errc::timeout);
  EXPECT_EQ(checked.error().text(), "checking: too slow");
  EXPECT_EQ(evaluated, 1);
}

TEST(Error, ContextIsBuiltFromTheInsideOut) {
  const auto failed =
      Error(Errc::unavailable, "No space left on device").within("writing").within("accepting");
  EXPECT_EQ(failed.text(), "accepting: writing: No space left on device");
  EXPECT_EQ(failed.code(), Errc::unavailable);
}

}  // namespace
}  // namespace postrider
