#include "relay/tracking.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"
#include "track/plan.h"

namespace postrider::relay {
namespace {

using directory::Tracking;
using directory::TrackingSwitches;
using testing::HasSubstr;
using testing::StartsWith;

const Time kNow{std::chrono::seconds(1'800'000'000)};
const std::string kPage = "<a href=\"https://x.example/\">x</a></body>\r\n";

class TrackingOfAMessage : public testing::Test {
 protected:
  Prepared prepared(const std::string& fields, const std::string& body = kPage) {
    const AccountId account = directory_->snapshot()->account("shop")->id;
    Submission submission;
    submission.account = account;
    submission.content =
        "From: a@example.org\r\nContent-Type: text/html\r\n" + fields + "\r\n" + body;
    submission.envelope.recipients.emplace_back().address = {.local = "ann",
                                                             .domain = "example.net"};
    Result<Prepared> made = prepare(submission, MessageId{1024}, *directory_->snapshot(),
                                    {.hostname = "relay.test"}, kNow);
    EXPECT_TRUE(made) << made.error().text();
    return *std::move(made);
  }

  void set(const Tracking& tracking) {
    ASSERT_TRUE(directory_->change_account(
        "shop", {.tracking = [&](Tracking& changed) { changed = tracking; }}));
  }

  void SetUp() override {
    const AccountId account = directory_->add_account("shop", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(account, "example.org", true, kNow));
  }

  TemporaryDirectory directory_;
};

struct Row {
  const char* name;
  Tracking tracking;
  const char* fields;
  const char* found;  ///< "links/pixels privacy"
};

class WhatIsTracked : public TrackingOfAMessage, public testing::WithParamInterface<Row> {};

constexpr const char* kBulk = "List-Id: <a.b>\r\n";

TEST_P(WhatIsTracked, IsDecidedByAccountStreamAndMessage) {
  const Row& row = GetParam();
  set(row.tracking);
  const Prepared made = prepared(row.fields);
  const spool::Message& message = made.fresh->message;
  std::size_t pixels = 0;
  std::size_t links = 0;
  if (made.plan) {
    links = made.plan->links.size();
    for (const track::Region& region : made.plan->regions) {
      pixels += static_cast<std::size_t>(
          std::ranges::count(region.edits, track::Edit::What::pixel, &track::Edit::what));
    }
  }
  EXPECT_EQ(message.is_tracked, made.plan.has_value());
  EXPECT_EQ(made.fresh->splice != nullptr, made.plan.has_value());
  EXPECT_EQ(std::to_string(links) + "/" + std::to_string(pixels) + " " +
                std::string(to_string(message.privacy)),
            row.found);
}

constexpr TrackingSwitches kBoth{.opens = true, .clicks = true};

Tracking by_host(Privacy privacy, TrackingSwitches bulk = kBoth,
                 TrackingSwitches transactional = TrackingSwitches()) {
  Tracking made;
  made.host = "https://t.example";
  made.privacy = privacy;
  made.bulk = bulk;
  made.transactional = transactional;
  return made;
}

const Tracking kOn = by_host(Privacy::identified);
const Tracking kOff = by_host(Privacy::off);
const Tracking kLow = by_host(Privacy::anonymous);
const Tracking kNoSwitch = by_host(Privacy::identified, {});
const Tracking kOpens = by_host(Privacy::identified, kBoth, {.opens = true, .clicks = false});

INSTANTIATE_TEST_SUITE_P(
    Rows, WhatIsTracked,
    testing::Values(
        Row{"NoHost", {}, "List-Id: <a.b>\r\nX-Mailjet-TrackClick: 1\r\n", "0/0 off"},
        Row{"Bulk", kOn, kBulk, "1/1 identified"}, Row{"Transactional", kOn, "", "0/0 off"},
        Row{"ClicksByHeader", kOn, "X-Mailjet-TrackClick: 1\r\n", "1/0 identified"},
        Row{"OpensByHeader", kOn, "X-Mailjet-TrackOpen: 1\r\n", "0/1 identified"},
        Row{"OffByHeader", kOn,
            "List-Id: <a.b>\r\nX-Mailjet-TrackClick: 0\r\nX-Mailjet-TrackOpen: 0\r\n", "0/0 off"},
        Row{"HalfByHeader", kOn, "List-Id: <a.b>\r\nX-Mailjet-TrackClick: 0\r\n", "0/1 identified"},
        Row{"BulkOff", kNoSwitch, kBulk, "0/0 off"},
        Row{"TransactionalOpens", kOpens, "", "0/1 identified"},
        Row{"CeilingOff", kOff, "List-Id: <a.b>\r\nX-Postrider-Privacy: full\r\n", "0/0 off"},
        Row{"CeilingHolds", kLow, "List-Id: <a.b>\r\nX-Postrider-Privacy: full\r\n",
            "1/1 anonymous"},
        Row{"Lowered", kOn, "List-Id: <a.b>\r\nX-Postrider-Privacy: pseudonymous\r\n",
            "1/1 pseudonymous"},
        Row{"LoweredToNothing", kOn, "List-Id: <a.b>\r\nX-Postrider-Privacy: off\r\n", "0/0 off"}),
    [](const auto& row) { return row.param.name; });

struct CampaignRow {
  const char* name;
  std::optional<TrackingSwitches> switches;
  Privacy privacy;
  const char* fields;
  const char* found;  ///< "links privacy"
};
class CampaignsChoice : public TrackingOfAMessage,
                        public testing::WithParamInterface<CampaignRow> {};

TEST_P(CampaignsChoice, StandsBetweenStreamAndMessage) {
  const CampaignRow& row = GetParam();
  set(kOn);
  ASSERT_TRUE(
      directory_->set_campaign_tracking({.account = directory_->snapshot()->account("shop")->id,
                                         .campaign = "spring",
                                         .switches = row.switches,
                                         .privacy = row.privacy}));
  const Prepared made = prepared(row.fields);
  const std::size_t links = made.plan ? made.plan->links.size() : 0;
  EXPECT_EQ(std::to_string(links) + " " + std::string(to_string(made.fresh->message.privacy)),
            row.found);
}

constexpr const char* kSpring = "X-Mailjet-Campaign: spring\r\n";
INSTANTIATE_TEST_SUITE_P(
    Rows, CampaignsChoice,
    testing::Values(
        CampaignRow{"Off", TrackingSwitches(), kPrivacyMost, kSpring, "0 off"},
        CampaignRow{"OpensAlone", TrackingSwitches{.opens = true, .clicks = false}, kPrivacyMost,
                    kSpring, "0 identified"},
        CampaignRow{"LessPrivacy", std::nullopt, Privacy::anonymous, kSpring, "1 anonymous"},
        CampaignRow{"NoHigherThanTheAccount", std::nullopt, Privacy::full, kSpring, "1 identified"},
        CampaignRow{"PrivacyOff", std::nullopt, Privacy::off, kSpring, "0 off"},
        CampaignRow{"TheMessageDecides", TrackingSwitches(), kPrivacyMost,
                    "X-Mailjet-Campaign: spring\r\nX-Mailjet-TrackClick: 1\r\n", "1 identified"},
        CampaignRow{"AnotherCampaign", TrackingSwitches(), kPrivacyMost,
                    "X-Mailjet-Campaign: Spring\r\n", "1 identified"}),
    [](const auto& row) { return row.param.name; });

class Refusals : public TrackingOfAMessage {
 protected:
  void SetUp() override {
    TrackingOfAMessage::SetUp();
    set(kOn);
    refusals_ = TrackingRefusals::load(*directory_, {}).value();
  }
  AccountId shop() { return directory_->snapshot()->account("shop")->id; }
  Privacy level(AccountId account = {}) {
    return refusals_->level(account.exists() ? account : shop(), kAnn);
  }

  const mail::Address kAnn{.local = "Ann", .domain = "example.net"};
  static constexpr AccountId kEverybody{0};
  std::unique_ptr<TrackingRefusals> refusals_;
};

TEST_F(Refusals, TheLessOfBothListsCounts) {
  EXPECT_EQ(level(), kPrivacyMost);
  ASSERT_TRUE(refusals_->put(kEverybody, kAnn, Privacy::anonymous, kNow));
  EXPECT_EQ(level(), Privacy::anonymous);
  ASSERT_TRUE(refusals_->put(shop(), kAnn, Privacy::off, kNow));
  EXPECT_EQ(level(), Privacy::off);
  EXPECT_EQ(level(AccountId{99}), Privacy::anonymous) << "another's mail";
  ASSERT_TRUE(refusals_->remove(shop(), kAnn));
  EXPECT_EQ(level(), Privacy::anonymous);
  EXPECT_EQ(refusals_->remove(shop(), kAnn).error().code(), Errc::not_found);
}

TEST_F(Refusals, AreThereAfterARestart) {
  ASSERT_TRUE(refusals_->put(shop(), kAnn, Privacy::pseudonymous, kNow));
  ASSERT_TRUE(refusals_->put(shop(), kAnn, Privacy::off, kNow));
  refusals_ = TrackingRefusals::load(*directory_, {}).value();
  EXPECT_EQ(level(), Privacy::off);
  EXPECT_EQ(refusals_->size(), 1U);
  EXPECT_EQ(refusals_->find(shop(), kAnn)->since, kNow);
}

TEST_F(Refusals, LowerWhatIsKnownAndNeverRaiseIt) {
  Prepared made = prepared(kBulk);
  made.fresh->message.envelope.recipients = {
      {.address = {.local = "ann", .domain = "example.net"}, .notify = 0, .orcpt = {}},
      {.address = {.local = "bob", .domain = "example.net"}, .notify = 0, .orcpt = {}},
      {.address = {.local = "eve", .domain = "example.net"}, .notify = 0, .orcpt = {}}};
  ASSERT_TRUE(refusals_->put(shop(), kAnn, Privacy::off, kNow));
  ASSERT_TRUE(
      refusals_->put(shop(), {.local = "eve", .domain = "example.net"}, Privacy::identified, kNow));
  respect_refusals(made, *refusals_);
  const spool::Message& message = made.fresh->message;
  ASSERT_EQ(message.less_known.size(), 1U) << "eve allows what the account has";
  EXPECT_EQ(privacy_of(0, message.privacy, message.less_known), Privacy::off);
  EXPECT_EQ(privacy_of(1, message.privacy, message.less_known), Privacy::identified);
  EXPECT_EQ(made.fresh->untracked, nullptr) << "the message as it came";
  EXPECT_EQ(tracked_message(made).less_known, message.less_known);
}

TEST_F(Refusals, WhatIsSaidOfTheMessageHoldsForBothKindsOfCopies) {
  std::string line = "\xc3\xb6";
  for (int i = 0; i < 28; ++i) {
    line += "<a href=\"https://x.example/\">x</a>";
  }
  ASSERT_LT(line.size(), 998U);
  Prepared made =
      prepared(std::string(kBulk) + "Content-Transfer-Encoding: 8bit\r\n", line + "\r\n");
  ASSERT_TRUE(made.fresh->message.is_tracked);
  ASSERT_FALSE(made.fresh->message.has_eight_bit_body) << "copies are quoted-printable";
  ASSERT_TRUE(refusals_->put(shop(), kAnn, Privacy::off, kNow));
  respect_refusals(made, *refusals_);
  EXPECT_TRUE(made.fresh->message.has_eight_bit_body);
  EXPECT_EQ(made.fresh->message.size, made.fresh->splice->size()) << "the larger of both";
}

TEST_F(TrackingOfAMessage, WhatIsSentOnSaysWhatTheCopyIs) {
  set(kOn);
  const Prepared made = prepared(kBulk);
  EXPECT_EQ(made.fresh->message.size, made.fresh->splice->size());
  EXPECT_GT(made.fresh->message.size, made.fresh->content->size());
  // 7-bit, and its one line grows beyond 998: it becomes quoted-printable, and is long no more.
  std::string line;
  for (int i = 0; i < 28; ++i) {
    line += "<a href=\"https://x.example/\">x</a>";
  }
  ASSERT_LT(line.size(), 998U);
  const Prepared grown = prepared(kBulk, line + "\r\n");
  EXPECT_TRUE(grown.fresh->message.is_tracked);
  EXPECT_FALSE(grown.fresh->message.has_long_lines);
  EXPECT_NE(grown.fresh->splice->example().find("quoted-printable"), std::string::npos);
}

TEST_F(TrackingOfAMessage, WhatCantBeTrackedSaysWhyAndIsLeft) {
  set(kOn);
  const Prepared made =
      prepared("List-Id: <a.b>\r\nContent-Transfer-Encoding: base64\r\n", "!!! no base64 !!!\r\n");
  EXPECT_FALSE(made.fresh->message.is_tracked);
  EXPECT_EQ(made.fresh->message.privacy, Privacy::off);
  EXPECT_THAT(made.tracking_problem, StartsWith("not tracked: "));
  EXPECT_THAT(made.tracking_problem, HasSubstr("base64"));
}

TEST_F(TrackingOfAMessage, WhatIsKeptForItsLinks) {
  set(kLow);
  const links::TrackedMessage kept = tracked_message(prepared(
      "X-Mailjet-Campaign: spring\r\nX-MJ-CustomID: order-7\r\nX-MJ-EventPayload: {}\r\n"));
  EXPECT_EQ(kept.privacy, Privacy::anonymous);
  EXPECT_EQ(kept.stream, "bulk");
  EXPECT_EQ(kept.from_domain, "example.org");
  EXPECT_EQ(kept.campaign, "spring");
  EXPECT_EQ(kept.custom_id, "order-7");
  EXPECT_EQ(kept.payload, "{}");
  EXPECT_EQ(kept.accepted, kNow);
  EXPECT_EQ(kept.targets, std::vector<std::string>{"https://x.example/"});
  EXPECT_EQ(kept.links.size(), 1U);
}

TEST(UrlTags, AreNamesAndValues) {
  const auto tags = read_url_tags("utm_source=shop&utm_medium=a=b");
  ASSERT_TRUE(tags);
  ASSERT_EQ(tags->size(), 2U);
  EXPECT_EQ((*tags)[1].name, "utm_medium");
  EXPECT_EQ((*tags)[1].value, "a=b");
  EXPECT_TRUE(read_url_tags("")->empty());
  EXPECT_FALSE(read_url_tags("utm_source"));
  EXPECT_FALSE(read_url_tags("=shop"));
}

}  // namespace
}  // namespace postrider::relay
