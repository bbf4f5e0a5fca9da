#include <gtest/gtest.h>
#include <map>

#include "links/machine_judge.h"
#include "links/machine_rules.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::links {
namespace {

using namespace std::chrono_literals;
using events::Event;
using events::Type;

constexpr Time kDelivered{std::chrono::seconds(1'790'000'000)};

/// An event of a story: what, when (from the delivery), which link, what it was taken for.
struct Step {
  Type type;
  Duration at{};
  int link = 0;
  const char* machine = "";
  std::uint64_t about = 0;
  std::uint64_t asn = 0;
};

constexpr std::uint64_t kDataCentre = 8075;
constexpr std::uint64_t kHome = 3320;

Step click_from(std::uint64_t asn, Duration at, int link) {
  return {.type = Type::clicked, .at = at, .link = link, .asn = asn};
}

struct Row {
  const char* name;
  std::vector<Step> story;
  std::map<std::uint64_t, std::string> changes;  ///< by place in the story, from 1
  std::size_t links = 5;
};

const Step kAccepted{Type::accepted, -1s};
const Step kThere{Type::delivered, 0s};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"NothingHappened", {kAccepted, kThere}, {}},
      {"APersonClicksAfterAWhile", {kAccepted, kThere, {Type::clicked, 60s, 1}}, {}},
      {"TooSoonAfterTheDelivery",
       {kAccepted, kThere, {Type::clicked, 10s, 1}, {Type::clicked, 11s, 1}},
       {{3, "scanner"}}},
      {"AnOpenTooSoon", {kAccepted, kThere, {Type::opened, 2s}}, {{3, "scanner"}}},
      {"BeforeTheDelivery", {kAccepted, {Type::clicked, -500ms, 1}, kThere}, {{2, "scanner"}}},
      {"NotDeliveredYet", {kAccepted, {Type::clicked, 60s, 1}}, {{2, "scanner"}}},
      {"AMessageThatWasNotSentHere", {{Type::clicked, 1s, 1}}, {}},
      {"AProxyOrAPrefetchAtDeliveryStaysThat",
       {kAccepted, kThere, {Type::opened, 1s, 0, "prefetch"}, {Type::opened, 2s, 0, "proxy"}},
       {}},
      {"EveryLinkWithinSeconds",
       {kAccepted,
        kThere,
        {Type::clicked, 60s, 1},
        {Type::clicked, 61s, 2},
        {Type::clicked, 62s, 3}},
       {{3, "scanner"}, {4, "scanner"}, {5, "scanner"}}},
      {"TheSameLinkThreeTimesIsImpatience",
       {kAccepted,
        kThere,
        {Type::clicked, 60s, 1},
        {Type::clicked, 61s, 1},
        {Type::clicked, 62s, 1}},
       {}},
      {"ThreeLinksWithTimeToRead",
       {kAccepted,
        kThere,
        {Type::clicked, 60s, 1},
        {Type::clicked, 66s, 2},
        {Type::clicked, 72s, 3}},
       {}},
      {"BothOfTwoLinks",
       {kAccepted, kThere, {Type::clicked, 60s, 1}, {Type::clicked, 61s, 2}},
       {{3, "scanner"}, {4, "scanner"}},
       2},
      {"TheOnlyLink", {kAccepted, kThere, {Type::clicked, 60s, 1}}, {}, 1},
      {"APersonLongAfterABurst",
       {kAccepted,
        kThere,
        {Type::clicked, 20s, 1},
        {Type::clicked, 21s, 2},
        {Type::clicked, 22s, 3},
        {Type::clicked, 300s, 2}},
       {{3, "scanner"}, {4, "scanner"}, {5, "scanner"}}},
      {"AfterTenMinutesVerdictsAreSettled",
       {kAccepted,
        kThere,
        {Type::clicked, 601s, 1},
        {Type::clicked, 602s, 2},
        {Type::clicked, 603s, 3}},
       {}},
      {"ADataCentreBesideAPerson",
       {kAccepted, kThere, click_from(kHome, 60s, 1), click_from(kDataCentre, 72s, 1)},
       {{4, "scanner"}}},
      {"ADataCentreBeforeAPerson",
       {kAccepted, kThere, click_from(kDataCentre, 60s, 1), click_from(kHome, 90s, 1)},
       {{3, "scanner"}}},
      {"ADataCentreLongBeforeAPerson",
       {kAccepted, kThere, click_from(kDataCentre, 60s, 1), click_from(kHome, 91s, 1)},
       {}},
      {"ADataCentreOnAnotherLink",
       {kAccepted, kThere, click_from(kDataCentre, 60s, 1), click_from(kHome, 61s, 2)},
       {}},
      {"ADataCentreAlone",
       {kAccepted, kThere, click_from(kDataCentre, 60s, 1), click_from(kDataCentre, 61s, 1)},
       {}},
      {"TwoNetworksOfPeople",
       {kAccepted, kThere, click_from(kHome, 60s, 1), click_from(kHome + 1, 61s, 1)},
       {}},
      {"ADataCentreBesideNobodyKnowsWhom",
       {kAccepted, kThere, click_from(0, 60s, 1), click_from(kDataCentre, 61s, 1)},
       {}},
      {"WhatIsToldAlreadyIsNotToldTwice",
       {kAccepted, kThere, {Type::clicked, 1s, 1}, {Type::reassessed, 1s, 0, "scanner", 3}},
       {}},
      {"WhatWasToldWronglyIsTakenBack",
       {kAccepted, kThere, {Type::clicked, 60s, 1}, {Type::reassessed, 60s, 0, "scanner", 3}},
       {{3, "none"}}},
  };
  return all;
}

Event event_of(const Step& step, std::uint64_t sequence) {
  Event event;
  event.sequence = sequence;
  event.type = step.type;
  event.time = kDelivered + step.at;
  event.machine = step.machine;
  event.about_event = step.about;
  event.asn = step.asn;
  event.message = MessageId{77 * kIdStep};
  event.recipient = RecipientId{77 * kIdStep};
  if (step.link > 0) {
    event.url = "https://x.example/" + std::to_string(step.link);
  }
  return event;
}

TEST(Reassessment, FollowsFromWhatHappenedToTheRecipient) {
  for (const Row& row : rows()) {
    std::vector<Event> story;
    for (const Step& step : row.story) {
      story.push_back(event_of(step, story.size() + 1));
    }
    std::map<std::uint64_t, std::string> changes;
    for (const Reassessment& one : reassess(story, row.links, MachineRules::shipped().timing())) {
      changes[one.sequence] = to_string(one.verdict.machine);
    }
    EXPECT_EQ(changes, row.changes) << row.name;
  }
}

/// The consumer on a log: a change is an event of its own, once, however often it begins again.
TEST(MachineJudge, TellsAChangeOnce) {
  test::FreshFolder folder;
  test::RunningStore store(folder / "spool");
  const auto log = events::make_event_store(*store);
  const LinkStore links(*store);
  MachineJudge judge(*log, links, [] { return MachineRules::shipped().timing(); });
  const auto append = [&](const Step& one) {
    store::Step step;
    log->append(step, event_of(one, 0));
    ASSERT_TRUE(store.commit(std::move(step)));
  };
  const auto judge_all = [&] {
    const auto page = log->read(1, 1000, judge.wants()).value();
    store::Step step;
    ASSERT_TRUE(judge.take(page.events, step));
    if (!step.empty()) {
      ASSERT_TRUE(store.commit(std::move(step)));
    }
  };
  for (const Step& one :
       {kAccepted, kThere, Step{Type::clicked, 60s, 1}, Step{Type::clicked, 61s, 2}}) {
    append(one);
  }
  judge_all();
  EXPECT_EQ(log->last_sequence(), 4U) << "two links are no burst";

  append({Type::clicked, 62s, 3});
  judge_all();
  const auto told = log->read(6, 10).value().events;
  ASSERT_EQ(told.size(), 3U);
  for (std::size_t i = 0; i < told.size(); ++i) {
    EXPECT_EQ(told[i].type, Type::reassessed);
    EXPECT_EQ(told[i].about_event, 3 + i);
    EXPECT_EQ(told[i].machine, "scanner");
    EXPECT_EQ(told[i].machine_was, "none");
    EXPECT_EQ(told[i].machine_reason, "burst");
    EXPECT_EQ(told[i].confidence, 90U);
  }
  judge_all();
  EXPECT_EQ(log->last_sequence(), 8U);
}

}  // namespace
}  // namespace postrider::links
