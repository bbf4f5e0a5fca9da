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
