#include "bounce/bounce_report.h"

#include <chrono>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace postrider::bounce {
namespace {

using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kDaemon =
    "From: Mail Delivery System <MAILER-DAEMON@mx.example.net>\n"
    "To: bounces+abc@bounce.example.org\nSubject: Undelivered Mail Returned to Sender\n";

std::string report_of(const std::string& status, const std::string& more = "") {
  return std::string(kDaemon) +
         "Content-Type: multipart/report; report-type=delivery-status; boundary=b1\n\n"
         "--b1\n\nYour message could not be delivered.\n"
         "--b1\nContent-Type: message/delivery-status\n\n" +
         status + "\n--b1\nContent-Type: message/rfc822\n\n" +
         "Return-Path: <bounces+tok@bounce.example.org>\nX-Postrider-Id: tok\n"
         "Message-ID: <17@example.org>\nTo: ann@example.net\n\nhello\n" +
         more + "--b1--\n";
}

TEST(BounceReport, EveryRecipientOfAStatusIsRead) {
  const BounceReport report = read_bounce(report_of(
      "Reporting-MTA: dns; mx.example.net\n\n"
      "Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n"
      "Remote-MTA: dns; mx1.example.net\n"
      "Diagnostic-Code: smtp; 550 5.1.1 no such\n user here\n\n"
      "Original-Recipient: rfc822;bob@example.com\nFinal-Recipient: RFC822; <bob@example.net>\n"
      "Action: delayed\nStatus: 4.2.2 (mailbox full)\n\n"
      "Final-Recipient: rfc822; eve@example.net\nAction: relayed\nStatus: 2.0.0\n"));
  ASSERT_THAT(report.recipients, SizeIs(3));
  const ReportedRecipient& ann = report.recipients[0];
  EXPECT_EQ(ann.recipient, "ann@example.net");
  EXPECT_EQ(ann.action, mail::DsnAction::failed);
  EXPECT_EQ(ann.code, 550);
  EXPECT_EQ(ann.enhanced, "5.1.1");
  EXPECT_EQ(ann.text, "550 5.1.1 no such user here");
  EXPECT_EQ(ann.mta, "mx1.example.net");
  const ReportedRecipient& bob = report.recipients[1];
  EXPECT_EQ(bob.recipient, "bob@example.net");
  EXPECT_EQ(bob.original_recipient, "bob@example.com");
  EXPECT_EQ(bob.action, mail::DsnAction::delayed);
  EXPECT_EQ(bob.text, "mailbox full");
  EXPECT_EQ(bob.mta, "mx.example.net");
  EXPECT_EQ(report.recipients[2].action, mail::DsnAction::relayed);
}

TEST(BounceReport, OurOwnMessageIsFoundInWhatComesBack) {
  const BounceReport report =
      read_bounce(report_of("Final-Recipient: rfc822; ann@example.net\nAction: failed\n"));
  EXPECT_EQ(report.message_id, "<17@example.org>");
  EXPECT_EQ(report.own_id, "tok");
  EXPECT_EQ(report.return_path, "bounces+tok@bounce.example.org");
}

struct Form {
  const char* name;
  std::string text;  // behind kDaemon
  const char* recipient;
  int code;
  const char* enhanced;
  const char* words;  // in the text
};

// Texts of our own in the forms that the named systems use.
const std::vector<Form>& forms() {
  static const std::vector<Form> kForms{
      {.name = "Qmail",
       .text = "\nHi. This is the program at mx.example.net.\nI'm afraid I wasn't able to deliver "
               "your message to the following addresses.\n\n<ann@example.net>:\n192.0.2.1 does not "
               "like recipient.\nRemote host said: 550 5.1.1 nobody here\nGiving up.\n\n--- Below "
               "this line is a copy of the message.\n\nReturn-Path: <x@example.org>\nMessage-ID: "
               "<17@example.org>\nTo: other@example.net\n",
       .recipient = "ann@example.net",
       .code = 550,
       .enhanced = "5.1.1",
       .words = "nobody here"},
      {.name = "Exim",
       .text = "X-Failed-Recipients: ann@example.net\nAuto-Submitted: auto-replied\n\nThis message "
               "was created automatically.\n\n  ann@example.net\n    host mx1.example.net "
               "[192.0.2.1]\n    SMTP error after RCPT TO:<ann@example.net>: 552 5.2.2 full\n\n"
               "------ This is a copy of the message, including all the headers. ------\n\n"
               "Message-ID: <17@example.org>\n",
       .recipient = "ann@example.net",
       .code = 552,
       .enhanced = "5.2.2",
       .words = "full"},
      {.name = "PostfixInText",
       .text = "\nI'm sorry. For further assistance, please write to <postmaster>.\n\n"
               "<ann@example.net>: host mx1.example.net[192.0.2.1] said: 554 5.7.1\n    refused "
               "(in reply to RCPT TO command)\n",
       .recipient = "ann@example.net",
       .code = 554,
       .enhanced = "5.7.1",
       .words = "refused"},
      {.name = "SendmailTranscript",
       .text =
           "\n   ----- Transcript of session follows -----\n550 5.1.1 <ann@example.net>... User "
           "unknown\n   ----- Unsent message follows -----\nReceived: from a\nTo: x@example.org\n",
       .recipient = "ann@example.net",
       .code = 550,
       .enhanced = "5.1.1",
       .words = "User unknown"},
      {.name = "Exchange",
       .text =
           "\nYour message\n\n  To:      Ann\n  Subject: hello\n\ndid not reach the following "
           "recipient(s):\n\nann@example.net on Thu, 29 Apr 2010 00:00:00 -0000\n    The recipient "
           "name is not recognized\n",
       .recipient = "ann@example.net",
       .code = 0,
       .enhanced = "",
       .words = "name is not recognized"},
      {.name = "DominoGerman",
       .text = "Content-Type: text/plain; charset=iso-8859-1\n\nIhre Nachricht konnte nicht "
               "zugestellt werden an:\n\n  ann@example.net\n\nEmpf\xE4nger unbekannt\n",
       .recipient = "ann@example.net",
       .code = 0,
       .enhanced = "",
       .words = "Empfänger unbekannt"},
      {.name = "SentenceOfAWebmail",
       .text = "\nThere was an error delivering your mail to <ann@example.net>.\n\nmx1.example.net "
               "did not like our RCPT TO:\n550 5.2.1 closed\n\nMessage headers follow.\n\nFrom: "
               "x@example.org\n",
       .recipient = "ann@example.net",
       .code = 550,
       .enhanced = "5.2.1",
       .words = "closed"},
      {.name = "LocalPartAlone",
       .text = "\nYour mail to the following recipients could not be delivered:\n\n\tann\n",
       .recipient = "ann@mx.example.net",
       .code = 0,
       .enhanced = "",
       .words = "could not be delivered"},
      {.name = "StatusFieldsInText",
       .text = "\nAn error occurred.\n\nReporting-MTA: dns; mx.example.net\nAction: failed\n"
               "Final-Recipient: rfc822; ann@example.net\nDiagnostic-Code: smtp; 554 4.4.7 Message "
               "expired\nStatus: 4.4.7\n",
       .recipient = "ann@example.net",
       .code = 554,
       .enhanced = "4.4.7",
       .words = "expired"},
      {.name = "HtmlOnly",
       .text = "Content-Type: text/html\n\n<html><style>p{}</style><body><p>Delivery has failed to "
               "these recipients:</p><p><a href=\"mailto:ann@example.net\">ann@example.net</a></p>"
               "<p>550 5.1.10 RecipientNotFound</p></body>",
       .recipient = "ann@example.net",
       .code = 550,
       .enhanced = "5.1.10",
       .words = "RecipientNotFound"},
  };
  return kForms;
}

TEST(BounceReport, TextsForPeopleAreRead) {
  for (const Form& form : forms()) {
    SCOPED_TRACE(form.name);
    const BounceReport report = read_bounce(kDaemon + form.text);
    ASSERT_THAT(report.recipients, SizeIs(1));
    EXPECT_EQ(report.recipients[0].recipient, form.recipient);
    EXPECT_EQ(report.recipients[0].action, mail::DsnAction::failed);
    EXPECT_EQ(report.recipients[0].code, form.code);
    EXPECT_EQ(report.recipients[0].enhanced, form.enhanced);
    EXPECT_THAT(report.recipients[0].text, HasSubstr(form.words));
    EXPECT_FALSE(report.autoreply);
  }
}

TEST(BounceReport, NoticeOfSesIsRead) {
  const BounceReport report = read_bounce(
      "From: no-reply@sns.example.com\nSubject: Notification Message\n\n"
      R"({"notificationType":"Bounce","bounce":{"bounceType":"Permanent","bouncedRecipients":[)"
      R"({"emailAddress":"ann@example.net","status":"5.1.1","action":"failed",)"
      R"("diagnosticCode":"smtp; 550 5.1.1 nobody"}],"reportingMTA":"dsn; a1.example.com"},)"
      R"("mail":{"messageId":"0100","commonHeaders":{"messageId":"<17@example.org>"}}})"
      "\n--\nTo stop receiving these, unsubscribe@example.com\n");
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_EQ(report.recipients[0].recipient, "ann@example.net");
  EXPECT_EQ(report.recipients[0].text, "550 5.1.1 nobody");
  EXPECT_EQ(report.recipients[0].mta, "a1.example.com");
  EXPECT_EQ(report.message_id, "<17@example.org>");
}

TEST(BounceReport, WarningIsDelayed) {
  const BounceReport report = read_bounce(
      "From: MAILER-DAEMON@mx.example.net\nSubject: Warning: message delayed 24 hours\n\n"
      "Your message has not yet been delivered to:\n\n  ann@example.net\n    Delay reason: timed "
      "out\n\n"
      "No action is required on your part.\n");
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_EQ(report.recipients[0].action, mail::DsnAction::delayed);
}

TEST(BounceReport, AnswersAreNoBounces) {
  struct Row {
    const char* name;
    const char* message;
  };
  for (
      const Row& row : std::vector<Row>{
          {"Vacation",
           "From: ann@example.net\nAuto-Submitted: auto-replied\nSubject: Re: offer\n\n"
           "I am away. In urgent cases write to bob@example.net, mail to ann@example.net fails.\n"},
          {"OutOfOfficeWithoutAHeader",
           "From: ann@example.net\nSubject: Out of Office: offer\n\nBack on Monday.\n"},
          {"German",
           "From: ann@example.net\nSubject: =?utf-8?Q?Abwesenheitsnotiz?=\n\nIch bin weg.\n"},
          {"Russian",
           "From: ann@example.net\nSubject: =?koi8-r?B?4dfUz8/U18XU?=: offer\n\nhello\n"},
          {"Challenge",
           "From: ann@example.net\nSubject: Re: offer\n\nPlease confirm that you are no machine: "
           "click on the following link. Your message to ann@example.net was not delivered yet.\n"},
          {"ChallengeInTheFormOfAReport",
           "From: guard@example.net\nSubject: Re: offer (action required)\nContent-Type: "
           "multipart/report; report-type=delivery-status; boundary=b\n\n--b\n\nWait for "
           "approval.\n"
           "--b\nContent-Type: message/delivery-status\n\nAction: failed\n\nFinal-Recipient: "
           "rfc822; "
           "ann@example.net\nDiagnostic-Code: X-Guard-Notice; Sender not pre-approved\nStatus: "
           "4.7.0\n--b--\n"},
          {"ReadReceipt",
           "From: ann@example.net\nSubject: Read: offer\nContent-Type: multipart/report; "
           "report-type=disposition-notification; boundary=b\n\n--b\n\nYour message to "
           "ann@example.net was deleted, failed to be read.\n--b--\n"},
      }) {
    const BounceReport report = read_bounce(row.message);
    EXPECT_TRUE(report.autoreply) << row.name;
    EXPECT_THAT(report.recipients, IsEmpty()) << row.name;
  }
}

TEST(BounceReport, LetterFromAPersonIsNeither) {
  const BounceReport report = read_bounce(
      "From: ann@example.net\nTo: shop@example.org\nSubject: my order\n\n"
      "Hello, please send it to bob@example.net instead. Thanks!\n");
  EXPECT_FALSE(report.autoreply);
  EXPECT_THAT(report.recipients, IsEmpty());
}

TEST(BounceReport, HostEndsWithItsLine) {
  const BounceReport report = read_bounce(
      "From: MAILER-DAEMON@example.org\nSubject: failure notice\n\n"
      "Hi. Delivery to these addresses failed.\n\n<ann@example.net>:\n"
      "550 user unknown, remote host mx.example.net\n<ann@example.net>\n");
  ASSERT_EQ(report.recipients.size(), 1U);
  EXPECT_EQ(report.recipients[0].mta, "mx.example.net");
}

TEST(BounceReport, SenderIsNeverTheRecipient) {
  const BounceReport report = read_bounce(
      "From: MAILER-DAEMON@mx.example.net\nTo: shop@example.org\nSubject: failure notice\n\n"
      "Hello shop@example.org, mail from shop@example.org could not be delivered to "
      "ann@example.net.\n");
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_EQ(report.recipients[0].recipient, "ann@example.net");
}

TEST(BounceReport, ReportInsideOfAnEmptyOneIsRead) {
  const std::string inner =
      report_of("Final-Recipient: rfc822; ann@example.net\nAction: failed\nStatus: 5.1.1\n");
  const BounceReport report = read_bounce(
      "From: MAILER-DAEMON@gateway.example.org\nSubject: Returned mail\n"
      "Content-Type: multipart/mixed; boundary=o\n\n--o\n\nSome addresses had errors.\n--o\n"
      "Content-Type: message/rfc822\n\n" +
      inner + "\n--o--\n");
  ASSERT_THAT(report.recipients, SizeIs(1));
  EXPECT_EQ(report.recipients[0].recipient, "ann@example.net");
}

/// Of hostile size; each must end soon.
class BounceBomb : public testing::Test {
 protected:
  BounceReport read_in_time(const std::string& message) {
    const auto begin = std::chrono::steady_clock::now();
    BounceReport report = read_bounce(message);
    // Some 0.1 s without a sanitizer on a busy core: what is quadratic takes minutes.
    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(10));
    return report;
  }
};

TEST_F(BounceBomb, HundredThousandRecipients) {
  std::string status = "Reporting-MTA: dns; mx.example.net\n\n";
  for (int i = 0; i < 100'000; ++i) {
    status += "Final-Recipient: rfc822; u" + std::to_string(i) +
              "@example.net\nAction: failed\nStatus: 5.1.1\n\n";
  }
  const BounceReport report = read_in_time(report_of(status));
  EXPECT_THAT(report.recipients, SizeIs(kRecipientsMost));
  EXPECT_TRUE(report.is_cut);
}

TEST_F(BounceBomb, HundredThousandRecipientsInText) {
  std::string text;
  for (int i = 0; i < 100'000; ++i) {
    text += "<u" + std::to_string(i) + "@example.net>:\n550 no such user\n\n";
  }
  EXPECT_LE(read_in_time(kDaemon + ("\n" + text)).recipients.size(), kRecipientsMost);
}

TEST_F(BounceBomb, FiftyMegabytesOfFields) {
  std::string message = kDaemon;
  while (message.size() < (50U << 20)) {
    message += "X-Filler: aaaaaaaaaaaaaaaaaaaaaaaaaaaa\n";
  }
  EXPECT_TRUE(read_in_time(message + "\n<ann@example.net>: 550 no\n").is_cut);
}

TEST_F(BounceBomb, OneFieldOfFiftyMegabytes) {
  std::string message = kDaemon + std::string("Subject: ");
  while (message.size() < (50U << 20)) {
    message += "=?utf-8?B?4piD?= \"=<a@b.example>\n ";
  }
  EXPECT_TRUE(read_in_time(message + "\n\nx\n").is_cut);
}

TEST_F(BounceBomb, DeepNesting) {
  std::string message = kDaemon;
  while (message.size() < (20U << 20)) {
    message += "Content-Type: multipart/mixed; boundary=b\n\n--b\n";
  }
  EXPECT_TRUE(read_in_time(message).is_cut);
}

TEST_F(BounceBomb, SignsOfOneKind) {
  for (const char* piece :
       {"@", "<", "=?", "a@b.", "</", "&", "1.", "\n", " \n", "(", "--b\n", "host "}) {
    std::string message = kDaemon + std::string("Content-Type: text/html\n\nfailed ");
    while (message.size() < (4U << 20)) {
      message += piece;
    }
    read_in_time(message);
  }
}

}  // namespace
}  // namespace postrider::bounce
