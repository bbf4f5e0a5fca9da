// The domains that a load is spread over.
#include "load/domain_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::load {
namespace {

using testing::HasSubstr;

TEST(DomainPattern, GivesEachDomainInTurn) {
  const auto pattern = DomainPattern::parse("d%d.example*3");
  ASSERT_TRUE(pattern) << pattern.error().text();
  EXPECT_EQ(pattern->count(), 3U);
  EXPECT_EQ(pattern->domain(0), "d0.example");
  EXPECT_EQ(pattern->domain(2), "d2.example");
  EXPECT_EQ(pattern->domain(3), "d0.example");
}

TEST(DomainPattern, MayBeOneDomain) {
  const auto pattern = DomainPattern::parse("Simulator.Test");
  ASSERT_TRUE(pattern) << pattern.error().text();
  EXPECT_EQ(pattern->domain(7), "simulator.test");
}

struct Wrong {
  const char* name;
  const char* text;
  const char* why;
};

class DomainPatternWrong : public testing::TestWithParam<Wrong> {};

TEST_P(DomainPatternWrong, IsRefusedWithTheReason) {
  const auto pattern = DomainPattern::parse(GetParam().text);
  ASSERT_FALSE(pattern);
  EXPECT_EQ(pattern.error().code(), Errc::invalid);
  EXPECT_THAT(pattern.error().text(), HasSubstr(GetParam().why));
}

INSTANTIATE_TEST_SUITE_P(
    , DomainPatternWrong,
    testing::Values(Wrong{"CountWithoutPlace", "d.example*3", "d%d.example*1000"},
                    Wrong{"PlaceWithoutCount", "d%d.example", "d%d.example*1000"},
                    Wrong{"NoDomains", "d%d.example*0", "not a number of domains"},
                    Wrong{"TooMany", "d%d.example*1000001", "not a number of domains"},
                    Wrong{"CountIsNoNumber", "d%d.example*many", "not a number of domains"},
                    Wrong{"NoDomain", "", "''"}, Wrong{"NotADomain", "a b", "a b"}),
    [](const auto& row) { return row.param.name; });

}  // namespace
}  // namespace postrider::load
