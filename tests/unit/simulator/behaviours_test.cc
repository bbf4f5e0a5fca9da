// Which mailbox a local part is, and that the table can be documented and classified as it stands.
#include "simulator/behaviours.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>
#include <string>

namespace postrider::simulator {
namespace {

struct Row {
  std::string name;
  std::string local;
  std::string want;  // "" for none
};

class FindBehaviour : public testing::TestWithParam<Row> {};

TEST_P(FindBehaviour, TakesTheLongestName) {
  const Behaviour* found = find_behaviour(GetParam().local);
  EXPECT_EQ(found == nullptr ? "" : std::string(found->name), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Table, FindBehaviour,
    testing::Values(Row{"Exact", "greylisted", "greylisted"},
                    Row{"InAnyCase", "GreyListed", "greylisted"},
                    Row{"WithATag", "greylisted+order-17", "greylisted"},
                    Row{"WithASuffix", "user-unknown-2", "user-unknown"},
                    Row{"WithADot", "slow.one", "slow"},
                    Row{"LongerNameWins", "mailbox-full-for-now+1", "mailbox-full-for-now"},
                    Row{"ShorterNameOfTwo", "mailbox-full-for", "mailbox-full"},
                    Row{"NoNameInsideAWord", "slowly", ""}, Row{"NoSuchName", "ann", ""},
                    Row{"Nothing", "", ""}, Row{"PostmasterTakesMail", "Postmaster", "delivered"}),
    [](const auto& row) { return row.param.name; });

TEST(Behaviours, HaveUniqueNamesAndSentencesThatEnd) {
  std::set<std::string_view> names;
  for (const Behaviour& behaviour : behaviours()) {
    EXPECT_TRUE(names.insert(behaviour.name).second) << behaviour.name << " stands there twice";
    EXPECT_TRUE(behaviour.what.ends_with('.')) << behaviour.name;
    EXPECT_FALSE(reply_of(behaviour).empty()) << behaviour.name;
  }
}

TEST(Behaviours, EnhancedCodesHaveTheClassOfTheirReply) {
  for (const Behaviour& behaviour : behaviours()) {
    if (!behaviour.enhanced.empty()) {
      EXPECT_EQ(behaviour.enhanced[0] - '0', behaviour.code / 100) << behaviour.name;
    }
  }
}

TEST(Behaviours, RepliesAreShownOnOneLine) {
  EXPECT_THAT(reply_of(*find_behaviour("user-unknown")),
              testing::AllOf(testing::StartsWith("550 5.1.1 The email account"),
                             testing::Not(testing::HasSubstr("\n"))));
  EXPECT_EQ(reply_of(*find_behaviour("drops-connection")), "(closes the connection)");
}

}  // namespace
}  // namespace postrider::simulator
