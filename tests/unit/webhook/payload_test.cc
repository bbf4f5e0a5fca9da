#include "webhook/payload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include <boost/json.hpp>

namespace postrider::webhook {
namespace {

using directory::Webhook;
using directory::WebhookFormat;
using events::Event;
using events::Type;
using testing::HasSubstr;

Event event(Type type) {
  Event made;
  made.sequence = 7;
  made.type = type;
  made.time = Time(std::chrono::milliseconds(1'430'812'195'999));
  made.account = AccountId{1};
  made.message = MessageId{1000};
  made.recipient = RecipientId{1256};
  made.to = "b@x.org";
  return made;
}

Webhook webhook(WebhookFormat format, std::vector<std::string> types, std::uint64_t account = 0) {
  Webhook made;
  made.format = format;
  made.types = std::move(types);
  made.account = AccountId{account};
  return made;
}

boost::json::object mailjet(const Event& told) {
  return boost::json::parse(event_text(WebhookFormat::mailjet, told)).as_object();
}

TEST(Selection, TakesTypesByTheWordsOfTheFormat) {
  EXPECT_TRUE(Selection(webhook(WebhookFormat::native, {})).takes(event(Type::operational)));
  Event own = event(Type::operational);
  for (const char* what : {"signed_in", "setting_changed", "consumer_lost", "event_set_aside",
                           "events_gone_early", "personal_data_erased"}) {
    own.what = what;
    EXPECT_FALSE(Selection(webhook(WebhookFormat::native, {})).takes(own))
        << "only who asks for it";
  }
  EXPECT_TRUE(Selection(webhook(WebhookFormat::native, {"operational"})).takes(own));
  EXPECT_FALSE(Selection(webhook(WebhookFormat::native, {"failed"})).takes(event(Type::expired)));
  const Selection bounces(webhook(WebhookFormat::mailjet, {"bounce"}));
  EXPECT_TRUE(bounces.takes(event(Type::failed)));
  EXPECT_TRUE(bounces.takes(event(Type::expired)));
  EXPECT_TRUE(bounces.takes(event(Type::bounced)));
  EXPECT_FALSE(bounces.takes(event(Type::delivered)));
  const Selection all(webhook(WebhookFormat::mailjet_grouped, {}));
  EXPECT_TRUE(all.takes(event(Type::suppressed)));
  EXPECT_FALSE(all.takes(event(Type::accepted)));
  EXPECT_FALSE(all.takes(event(Type::deferred)));
  EXPECT_FALSE(all.takes(event(static_cast<Type>(99))));
}

TEST(Selection, TakesOneAccountOrAll) {
  EXPECT_TRUE(Selection(webhook(WebhookFormat::native, {}, 1)).takes(event(Type::accepted)));
  EXPECT_FALSE(Selection(webhook(WebhookFormat::native, {}, 2)).takes(event(Type::accepted)));
}

TEST(Selection, TakesOneCampaignOrAll) {
  Webhook spring = webhook(WebhookFormat::native, {});
  spring.campaigns = {"spring", "summer"};
  Event told = event(Type::accepted);
  EXPECT_FALSE(Selection(spring).takes(told));
  told.campaign = "summer";
  EXPECT_TRUE(Selection(spring).takes(told));
}

TEST(Mailjet, ReadersHaveTheirMembers) {
  Event click = event(Type::clicked);
  click.url = "https://shop.example/?a=1";
  click.address = "192.0.2.1";
  click.user_agent = "Mozilla/5.0";
  click.country = "DE";
  click.campaign = "spring";
  click.custom_id = "order 17";
  click.payload = R"({"a":1})";
  const auto object = mailjet(click);
  EXPECT_EQ(object.at("event"), "click");
  EXPECT_EQ(object.at("url"), "https://shop.example/?a=1");
  EXPECT_EQ(object.at("ip"), "192.0.2.1");
  EXPECT_EQ(object.at("geo"), "DE");
  click.country.clear();
  EXPECT_EQ(mailjet(click).at("geo"), "");
  EXPECT_EQ(object.at("agent"), "Mozilla/5.0");
  EXPECT_EQ(object.at("customcampaign"), "spring");
  EXPECT_EQ(object.at("CustomID"), "order 17");
  EXPECT_EQ(object.at("Payload"), R"({"a":1})");
  EXPECT_FALSE(mailjet(event(Type::opened)).contains("url"));
  EXPECT_EQ(mailjet(event(Type::unsubscribed)).at("mj_list_id"), 0);
}

TEST(CheckTypes, NamesWhatThereIs) {
  const std::vector<std::string> sent{"sent"};
  EXPECT_TRUE(check_types(WebhookFormat::mailjet, sent));
  const auto checked = check_types(WebhookFormat::native, sent);
  ASSERT_FALSE(checked);
  EXPECT_THAT(checked.error().text(), HasSubstr("it has accepted, delivered"));
}

TEST(Mailjet, BounceHasItsWords) {
  Event bounce = event(Type::failed);
  bounce.kind = "hard";
  bounce.category = "no-such-mailbox";
  bounce.reply = "550 5.1.1 no such user";
  const auto object = mailjet(bounce);
  EXPECT_EQ(object.at("event"), "bounce");
  EXPECT_EQ(object.at("time"), 1430812195);
  EXPECT_EQ(object.at("MessageID"), 1256);
  EXPECT_EQ(object.at("email"), "b@x.org");
  EXPECT_EQ(object.at("blocked"), true);
  EXPECT_EQ(object.at("hard_bounce"), true);
  EXPECT_EQ(object.at("error_related_to"), "recipient");
  EXPECT_EQ(object.at("error"), "user unknown");
  EXPECT_EQ(object.at("comment"), "550 5.1.1 no such user");
}

TEST(Mailjet, SoftBounceBlocksNobodyAndAnUnknownReasonIsASystemIssue) {
  const auto object = mailjet(event(Type::expired));
  EXPECT_EQ(object.at("blocked"), false);
  EXPECT_EQ(object.at("hard_bounce"), false);
  EXPECT_EQ(object.at("error_related_to"), "system");
  EXPECT_EQ(object.at("error"), "system issue");
}

TEST(Mailjet, WhatIsGivenUpIsSoftWhateverItHadLastHeard) {
  Event expired = event(Type::expired);
  expired.kind = "hard";
  expired.category = "no-such-mailbox";
  const auto object = mailjet(expired);
  EXPECT_EQ(object.at("blocked"), false) << "nobody is suppressed for it";
  EXPECT_EQ(object.at("hard_bounce"), false);
  EXPECT_EQ(object.at("error"), "user unknown");
}

TEST(Mailjet, AReplyThatTellsOfAComplaintBlocksAndIsNoHardBounce) {
  Event told = event(Type::failed);
  told.kind = "complaint";
  told.category = "complaint";
  EXPECT_EQ(mailjet(told).at("blocked"), true);
  EXPECT_EQ(mailjet(told).at("hard_bounce"), false);
}

TEST(Mailjet, ComplaintNamesTheFeedbackLoop) {
  Event complained = event(Type::complained);
  complained.mta = "JMRPP";
  complained.detail = "reported as joe@example.net";
  EXPECT_EQ(mailjet(complained).at("event"), "spam");
  EXPECT_EQ(mailjet(complained).at("source"), "JMRPP");
}

TEST(Mailjet, BlockedSaysForWhatTheAddressIsSuppressed) {
  struct Row {
    const char* detail;
    const char* related_to;
    const char* error;
  };
  for (const Row& row : {
           Row{"hard_bounce since 2026-12-01T10:00:00.000Z", "mailjet", "preblocked"},
           Row{"repeated_soft since 2026-12-01T10:00:00.000Z", "mailjet", "preblocked"},
           Row{"complaint (global list) since 2026-12-01T10:00:00.000Z", "recipient",
               "spam reporter"},
           Row{"manual since 2026-12-01T10:00:00.000Z", "recipient", "blacklisted"},
           Row{"unsubscribe of bulk since 2026-12-01T10:00:00.000Z", "recipient", "blacklisted"},
           Row{"cancelled: personal data was erased", "mailjet", "preblocked"},
       }) {
    Event blocked = event(Type::suppressed);
    blocked.category = "suppressed";
    blocked.detail = row.detail;
    const auto object = mailjet(blocked);
    EXPECT_EQ(object.at("error_related_to"), row.related_to) << row.detail;
    EXPECT_EQ(object.at("error"), row.error) << row.detail;
    EXPECT_EQ(object.at("comment"), row.detail);
  }
}

TEST(Mailjet, BlockedIsNoBounce) {
  Event blocked = event(Type::suppressed);
  blocked.category = "suppressed";
  const auto object = mailjet(blocked);
  EXPECT_EQ(object.at("event"), "blocked");
  EXPECT_EQ(object.at("error_related_to"), "mailjet");
  EXPECT_EQ(object.at("error"), "preblocked");
  EXPECT_FALSE(object.contains("hard_bounce"));
}

TEST(Bodies, AreWhatTheFormatSays) {
  const std::vector<EventPtr> two{std::make_shared<const Event>(event(Type::delivered)),
                                  std::make_shared<const Event>(event(Type::failed))};
  const std::vector<std::string> texts{"{\"a\":1}", "{\"b\":2}"};
  EXPECT_EQ(body_of(WebhookFormat::mailjet_grouped, two, texts), R"([{"a":1},{"b":2}])");
  EXPECT_EQ(body_of(WebhookFormat::mailjet, std::span(two).first(1), std::span(texts).first(1)),
            R"({"a":1})");
  EXPECT_EQ(body_of(WebhookFormat::native, two, texts),
            R"({"type":"events","timestamp":"2015-05-05T07:49:55.999Z","data":[{"a":1},{"b":2}]})");
}

TEST(MessageUuid, FollowsFromTheId) {
  std::set<std::string> all;
  for (std::uint64_t id = 1; id < 1000; ++id) {
    const std::string uuid = message_uuid(RecipientId{id});
    EXPECT_THAT(uuid,
                testing::MatchesRegex("[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-"
                                      "[0-9a-f]{12}"));
    EXPECT_EQ(uuid, message_uuid(RecipientId{id}));
    all.insert(uuid);
  }
  EXPECT_EQ(all.size(), 999U);
}

}  // namespace
}  // namespace postrider::webhook
