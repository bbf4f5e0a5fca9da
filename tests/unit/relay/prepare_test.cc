#include "relay/prepare.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/temporary_directory.h"

namespace postrider::relay {
namespace {

using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr MessageId kId{1024};

class Prepare : public testing::Test {
 protected:
  void SetUp() override {
    account_ = directory_->add_account("shop", kNow)->id;
    const AccountId other = directory_->add_account("other", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(account_, "example.org", true, kNow));
    ASSERT_TRUE(directory_->add_domain(account_, "unverified.example", false, kNow));
    ASSERT_TRUE(directory_->add_domain(other, "other.example", true, kNow));
  }

  Result<Prepared> prepared(std::string content,
                            directory::Stream stream = directory::Stream::automatic) {
    Submission submission;
    submission.account = account_;
    submission.content = std::move(content);
    submission.envelope.recipients.emplace_back();
    submission.envelope.recipients[0].address = {.local = "ann", .domain = "example.net"};
    submission.envelope.smtputf8 = smtputf8_;
    submission.origin = {.helo = helo_,
                         .client = client_,
                         .protocol = "ESMTPSA",
                         .user = "u",
                         .session = "a1",
                         .stream = stream};
    return prepare(submission, kId, *directory_->snapshot(),
                   {.hostname = "relay.test", .unsubscribe_mail = unsubscribe_mail_}, kNow);
  }

  std::string content(std::string message) {
    const Result<Prepared> made = prepared(std::move(message));
    EXPECT_TRUE(made) << made.error().text();
    return made ? *made->fresh->content : "";
  }

  std::string refusal(std::string message) {
    const Result<Prepared> made = prepared(std::move(message));
    EXPECT_FALSE(made);
    return made ? "" : made.error().text();
  }

  TemporaryDirectory directory_;
  AccountId account_;
  std::string helo_ = "client.example";
  std::string client_ = "192.0.2.7";
  bool smtputf8_ = false;
  delivery::UnsubscribeMail unsubscribe_mail_;
};

TEST_F(Prepare, BulkMailOfAPausedAccountIsRefusedForNow) {
  const std::string mail = "From: shop@example.org\r\nX-Postrider-Stream: ";
  ASSERT_TRUE(directory_->change_account(
      "shop", {.bulk_pause = [](directory::BulkPause& pause) {
        pause = {.is_paused = true, .changed = kNow, .by = "ann", .why = "a bought\nlist"};
      }}));
  EXPECT_EQ(refusal(mail + "bulk\r\n\r\nhi\r\n"),
            "450 4.7.1 bulk mail of this account is paused since 2027-01-15T08:00:00.000Z (a "
            "bought?list): it is taken again once the operator lets it go on");
  EXPECT_TRUE(prepared(mail + "transactional\r\n\r\nhi\r\n"));
  ASSERT_TRUE(directory_->change_account(
      "shop", {.bulk_pause = [](directory::BulkPause& pause) { pause.is_paused = false; }}));
  EXPECT_TRUE(prepared(mail + "bulk\r\n\r\nhi\r\n"));
}

TEST_F(Prepare, AddsWhatIsMissingInFrontAndTouchesNothingElse) {
  const std::string message = "From: shop@example.org\r\nSubject: x\r\n\r\nhello\r\n";
  const std::string made = content(message);
  EXPECT_THAT(made, EndsWith(message));
  EXPECT_THAT(made, StartsWith("Received: from client.example ([192.0.2.7])\r\n\tby relay.test "
                               "(Postrider) with ESMTPSA id 1024\r\n\tfor <ann@example.net>; "));
  EXPECT_THAT(made, HasSubstr("\r\nDate: "));
  EXPECT_THAT(made, HasSubstr("\r\nMessage-ID: <1024@example.org>\r\n"));
}

TEST_F(Prepare, InstructionsAreReadAndStayHere) {
  const auto made = prepared(
      "From: shop@example.org\r\nX-MJ-CustomID: order-7\r\nX-Mailer: y\r\nx-mj-vars: {\r\n }\r\n"
      "X-Mailjet-Prio: 2\r\nX-Mailjet-Campaign: spring\r\nX-Postrider-Stream: bulk\r\n\r\n");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(*made->fresh->content, EndsWith("From: shop@example.org\r\nX-Mailer: y\r\n\r\n"));
  EXPECT_EQ(made->fresh->message.labels.custom_id, "order-7");
  EXPECT_EQ(made->fresh->message.labels.campaign, "spring");
  EXPECT_THAT(refusal("From: shop@example.org\r\nX-Mailjet-TrackOpen: on\r\n\r\n"),
              StartsWith("554 5.6.0 X-Mailjet-TrackOpen: "));
}

TEST_F(Prepare, ReceivedHasTheClientAsAnAddressLiteral) {
  for (const char* client : {"2001:db8::7", "2001:db8::7%eth0"}) {
    client_ = client;
    EXPECT_THAT(content("From: shop@example.org\r\n\r\n"), HasSubstr(" ([IPv6:2001:db8::7])\r\n"));
  }
}

// A name of the client's choice would make an ASCII message one that needs SMTPUTF8.
TEST_F(Prepare, ReceivedRepeatsNoNameThatIsNone) {
  const std::string message = "From: shop@example.org\r\n\r\n";
  for (const char* name :
       {"client.example", "HOST", "my_pc", "[192.0.2.7]", "[IPv6:2001:db8::7]"}) {
    helo_ = name;
    EXPECT_THAT(content(message), StartsWith("Received: from " + helo_ + " ("));
  }
  for (const char* name : {"", "m\xc3\xbcller-pc", "a(b;c", "[nonsense]", "[IPv6:m\xc3\xbcller]",
                           "a..b", "-", "x\"y", "192.0.2.7"}) {
    helo_ = name;
    EXPECT_THAT(content(message), StartsWith("Received: from unknown (")) << name;
  }
}

TEST_F(Prepare, KeepsADateAndAMessageIdThatAreThere) {
  const std::string made = content(
      "From: shop@example.org\r\nDate: Tue, 24 Nov 2026 05:52:12 +0000\r\nMessage-Id: "
      "<1@x>\r\n\r\n");
  EXPECT_EQ(made.find("Date:"), made.rfind("Date:"));
  EXPECT_THAT(made, Not(HasSubstr("1024@")));
}

TEST_F(Prepare, RemovesWhatMustNotLeave) {
  const std::string made = content(
      "Bcc: secret@example.net,\r\n other@example.net\r\nFrom: shop@example.org\r\nRESENT-BCC: "
      "secret@example.net\r\nReturn-Path: <secret@example.net>\r\nX-Postrider-Stream: bulk\r\n"
      "X-Postrider-Id: forged\r\nSubject: bcc: x\r\n\r\nBcc: in the body\r\n");
  EXPECT_THAT(made, Not(HasSubstr("secret")));
  EXPECT_THAT(made, Not(HasSubstr("other@")));
  EXPECT_THAT(made, Not(HasSubstr("X-Postrider-")));
  EXPECT_THAT(made,
              EndsWith("From: shop@example.org\r\nSubject: bcc: x\r\n\r\nBcc: in the body\r\n"));
}

TEST_F(Prepare, WhiteSpaceBeforeAColonGoes) {
  EXPECT_THAT(content("fROM : shop@example.org\r\nSubject\t :a : b\r\n\r\n"),
              EndsWith("fROM: shop@example.org\r\nSubject:a : b\r\n\r\n"));
}

TEST_F(Prepare, AHeaderWithoutAnEndGetsOne) {
  EXPECT_THAT(content("From: shop@example.org\r\n"), EndsWith("From: shop@example.org\r\n\r\n"));
}

std::string authors(int count) {
  std::string list = "a@example.org";
  for (int i = 1; i < count; ++i) {
    list += ",\r\n another-author-" + std::to_string(i) + "@example.org";
  }
  return list;
}

// Each recipient's event has a copy.
TEST_F(Prepare, TheEventsCopyOfFromIsCut) {
  const auto made = prepared("From: " + authors(100) + "\r\n\r\n");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_THAT(made->header_from, StartsWith("a@example.org, another-author-1@example.org, "));
  EXPECT_EQ(made->header_from.size(), 1000U);
  EXPECT_THAT(refusal("From: " + authors(101) + "\r\n\r\n"), HasSubstr("more than 100 addresses"));
}

// Each has been read as something else by somebody.
TEST_F(Prepare, EveryLineOfTheHeaderIsAField) {
  const std::string from = "From: a@example.org\r\n";
  for (const auto& [message, line] : std::vector<std::pair<std::string, std::string>>{
           {from + "bogus line\r\n\r\n", "line 2 of the message is no header field: 'bogus line'"},
           {"Subject: x\r\n folded\r\n: x\r\n" + from + "\r\n", "line 3 "},
           {"From\x0b: v@bank.com\r\n" + from + "\r\n", "line 1 "},
           {"From x: v@bank.com\r\n" + from + "\r\n", "line 1 "},
           {" From: v@bank.com\r\n" + from + "\r\n", "line 1 "},
           {"From a@example.org Tue Nov 24 05:52:12 2026\r\n" + from + "\r\n", "line 1 "},
           {">From a@example.org\r\n" + from + "\r\n", "line 1 "},
           {from + "a body without a line between", "line 2 "}}) {
    EXPECT_THAT(refusal(message), StartsWith("554 5.6.0 " + line));
  }
  EXPECT_THAT(content(from + "\r\nno field\r\n"), EndsWith("\r\n\r\nno field\r\n"));
}

TEST_F(Prepare, AHeaderBeyondAsciiIsUtf8AndAnnounced) {
  const std::string utf8 = "From: a@example.org\r\nSubject: Gr\xc3\xbc\xc3\x9f\r\n\r\n";
  const std::string latin1 = "From: a@example.org\r\nX-Name: J\xfcrgen\r\n\r\n";
  EXPECT_THAT(refusal(utf8), StartsWith("554 5.6.7 Subject: "));
  EXPECT_THAT(refusal(latin1), StartsWith("554 5.6.7 X-Name: "));
  smtputf8_ = true;
  EXPECT_THAT(content(utf8), EndsWith(utf8));
  EXPECT_THAT(refusal(latin1), StartsWith("554 5.6.7 X-Name: is not UTF-8"));
}

struct Refused {
  const char* name;
  const char* message;
  const char* status;
};

class PrepareRefuses : public Prepare, public testing::WithParamInterface<Refused> {};

TEST_P(PrepareRefuses, WithItsStatus) {
  EXPECT_THAT(refusal(GetParam().message), StartsWith(GetParam().status));
}

INSTANTIATE_TEST_SUITE_P(
    From, PrepareRefuses,
    testing::Values(
        Refused{"NoFrom", "Subject: x\r\n\r\n", "550 5.6.0"},
        Refused{"TwoFroms", "From: a@example.org\r\nFrom: a@example.org\r\n\r\n", "550 5.6.0"},
        Refused{"AnEmptyFrom", "From: \r\n\r\n", "550 5.6.0"},
        Refused{"AForeignFrom", "From: a@example.com\r\n\r\n", "550 5.7.1"},
        Refused{"AnotherAccounts", "From: a@other.example\r\n\r\n", "550 5.7.1"},
        Refused{"AnUnverifiedOne", "From: a@unverified.example\r\n\r\n", "550 5.7.1"},
        Refused{"ASubdomain", "From: a@sub.example.org\r\n\r\n", "550 5.7.1"},
        Refused{"AnAddressInALocalPart", "From: \"ceo@bank.example\"@example.org\r\n\r\n",
                "550 5.6.0"},
        Refused{"BracketsInALocalPart", "From: \"<ceo>\"@example.org\r\n\r\n", "550 5.6.0"},
        Refused{"ARouteWithoutColon", "From: <@bank.example,a@example.org>\r\n\r\n", "550 5.6.0"},
        Refused{"OneOfTwoForeign", "From: a@example.org, b@example.com\r\n\r\n", "550 5.7.1"}),
    [](const auto& row) { return row.param.name; });

TEST_F(Prepare, BulkMailGetsAFeedbackIdUnlessItHasOne) {
  const std::string kBulk = "From: a@example.org\r\nPrecedence: bulk\r\n";
  EXPECT_THAT(content(kBulk + "\r\n"),
              HasSubstr("\r\nFeedback-ID: example.org:1:bulk:relaytest\r\n"));
  EXPECT_THAT(content(kBulk + "Feedback-ID: mine\r\n\r\n"), Not(HasSubstr(":relaytest")));
  EXPECT_THAT(content("From: a@example.org\r\n\r\n"), Not(HasSubstr("Feedback-ID")));
}

struct WayOutRow {
  const char* name;
  const char* fields;
  const char* host;
  delivery::UnsubscribeMail mail;
  bool lacks;
  bool has_links;
};

class PrepareWayOut : public Prepare, public testing::WithParamInterface<WayOutRow> {};

TEST_P(PrepareWayOut, IsToBeGivenToBulkMailWithoutOneWhereThereIsOne) {
  const WayOutRow& row = GetParam();
  ASSERT_TRUE(directory_->change_account(
      "shop", {.tracking = [&](directory::Tracking& tracking) { tracking.host = row.host; }}));
  unsubscribe_mail_ = row.mail;
  const auto made = prepared("From: a@example.org\r\n" + std::string(row.fields) + "\r\nhi\r\n");
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(made->fresh->message.lacks_unsubscribe, row.lacks);
  EXPECT_EQ(made->has_links, row.has_links);
  EXPECT_FALSE(made->plan);
}

const char* const kPage = "https://t.example";
const delivery::UnsubscribeMail kReadHere{.is_read = true, .domain = "rp.example"};
const delivery::UnsubscribeMail kReadAtOwn{.is_read = true, .domain = {}};
const delivery::UnsubscribeMail kReadNowhere{.is_read = false, .domain = "rp.example"};

INSTANTIATE_TEST_SUITE_P(
    WaysOut, PrepareWayOut,
    testing::Values(
        WayOutRow{"PageAndMail", "Precedence: bulk\r\n", kPage, kReadHere, true, true},
        WayOutRow{"PageAlone", "Precedence: bulk\r\n", kPage, {}, true, true},
        WayOutRow{"MailAlone", "Precedence: bulk\r\n", "", kReadHere, true, false},
        WayOutRow{"NeitherHostNorDomain", "Precedence: bulk\r\n", "", kReadAtOwn, false, false},
        WayOutRow{"NoInboundListener", "Precedence: bulk\r\n", "", kReadNowhere, false, false},
        WayOutRow{"AHostWithoutTls", "Precedence: bulk\r\n", "http://t.example", {}, false, false},
        WayOutRow{"ItsOwn", "List-Unsubscribe: <mailto:x@y>\r\n", kPage, kReadHere, false, false},
        WayOutRow{"ItsOwnPost", "Precedence: bulk\r\nlist-unsubscribe-post: x\r\n", kPage,
                  kReadHere, false, false},
        WayOutRow{"Transactional", "", kPage, kReadHere, false, false}),
    [](const auto& row) { return row.param.name; });

struct StreamRow {
  const char* name;
  const char* field;
  directory::Stream credential;
  bool is_bulk;
};

class PrepareStream : public Prepare, public testing::WithParamInterface<StreamRow> {};

TEST_P(PrepareStream, ByHeaderThenCredentialThenLook) {
  const StreamRow& row = GetParam();
  const auto made =
      prepared("From: a@example.org\r\n" + std::string(row.field) + "\r\n", row.credential);
  ASSERT_TRUE(made);
  EXPECT_EQ(made->fresh->message.is_bulk, row.is_bulk);
  EXPECT_EQ(made->fresh->message.lacks_message_id, row.is_bulk);
}

INSTANTIATE_TEST_SUITE_P(
    Streams, PrepareStream,
    testing::Values(
        StreamRow{"Plain", "", directory::Stream::automatic, false},
        StreamRow{"ListId", "List-Id: <a.b>\r\n", directory::Stream::automatic, true},
        StreamRow{"Unsubscribe", "List-Unsubscribe: <x>\r\n", directory::Stream::automatic, true},
        StreamRow{"Precedence", "Precedence: Bulk\r\n", directory::Stream::automatic, true},
        StreamRow{"Campaign", "X-Mailjet-Campaign: x\r\n", directory::Stream::automatic, true},
        StreamRow{"EmptyCampaign", "X-Mailjet-Campaign:\r\n", directory::Stream::automatic, false},
        StreamRow{"Credential", "", directory::Stream::bulk, true},
        StreamRow{"CredentialWins", "List-Id: <a.b>\r\n", directory::Stream::transactional, false},
        StreamRow{"HeaderWins", "X-Postrider-Stream: transactional\r\n", directory::Stream::bulk,
                  false}),
    [](const auto& row) { return row.param.name; });

TEST_F(Prepare, NotesWhatDeliveryWillAskFor) {
  smtputf8_ = true;
  const auto made = prepared(
      "From: a@example.org\r\nSubject: Gr\xc3\xbc\xc3\x9f"
      "e\r\n\r\n.\r\n" +
      std::string(1000, 'x') + "\r\n\xff\r\n");
  ASSERT_TRUE(made);
  EXPECT_TRUE(made->fresh->message.has_eight_bit_header);
  EXPECT_TRUE(made->fresh->message.has_eight_bit_body);
  EXPECT_TRUE(made->fresh->message.has_dot_lines);
  EXPECT_TRUE(made->fresh->message.has_long_lines);
  EXPECT_EQ(made->fresh->message.size, made->fresh->content->size());
  EXPECT_EQ(made->header_from, "a@example.org");
}

}  // namespace
}  // namespace postrider::relay
