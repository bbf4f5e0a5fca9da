#include "bounce/classifier.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <unistd.h>

#include "bounce/explanation.h"
#include "bounce/rule_check.h"

namespace postrider::bounce {
namespace {

using testing::HasSubstr;

const Classifier& shipped() {
  static const Classifier classifier = Classifier::load().value();
  return classifier;
}

/// A rule file of the operator's, gone with the test.
class OwnRules {
 public:
  explicit OwnRules(const std::string& text)
      : path_(std::filesystem::temp_directory_path() /
              ("own-rules-" + std::to_string(::getpid()) + ".toml")) {
    std::ofstream(path_) << text;
  }
  ~OwnRules() { std::filesystem::remove(path_); }
  OwnRules(const OwnRules&) = delete;
  OwnRules& operator=(const OwnRules&) = delete;

  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

struct Row {
  std::string name;
  Diagnostic diagnostic;
  Kind kind;
  Category category;
  Retry retry;
  bool suppress;
};

Diagnostic reply(std::string_view text, std::string_view mx = {}, std::string_view phase = {}) {
  return {.code = 0, .enhanced = {}, .text = text, .mx = mx, .provider = {}, .phase = phase};
}

class Verdicts : public testing::TestWithParam<Row> {};

TEST_P(Verdicts, AreAsTheTextSays) {
  const Row& row = GetParam();
  const Verdict verdict = shipped().classify(row.diagnostic);
  EXPECT_EQ(to_string(verdict.kind), to_string(row.kind)) << verdict.rule;
  EXPECT_EQ(to_string(verdict.category), to_string(row.category)) << verdict.rule;
  EXPECT_EQ(to_string(verdict.retry), to_string(row.retry)) << verdict.rule;
  EXPECT_EQ(verdict.suppress, row.suppress) << verdict.rule;
}

using enum Category;
INSTANTIATE_TEST_SUITE_P(
    Replies, Verdicts,
    testing::Values(
        Row{"UserUnknown", reply("550 5.1.1 <ann@example.com>: User unknown"), Kind::hard,
            no_such_mailbox, Retry::no, true},
        Row{"FullAlthough550", reply("550 5.2.2 <ann@example.com>... Mailbox full"), Kind::soft,
            mailbox_full, Retry::later, false},
        Row{"Full", reply("452 4.2.2 Mailbox full"), Kind::soft, mailbox_full, Retry::yes, false},
        Row{"BlockAlthough511", reply("550 5.1.1 Your IP address 192.0.2.1 has been blocked"),
            Kind::block, ip_blocked, Retry::no, false},
        Row{"WrongAddressAlthough450", reply("450 4.1.1 <ann@example.com>: User unknown"),
            Kind::hard, no_such_mailbox, Retry::no, true},
        Row{"QqMeansLater", reply("550 Ip frequency limited [x]. http://service.mail.qq.com"),
            Kind::block, rate_limited, Retry::later, false},
        Row{"SpectrumMeansLater", reply("550 5.1.0 sender rejected. AUP#In-1310"), Kind::block,
            too_many_connections, Retry::later, false},
        Row{"OrangeMeansLater",
            reply("550 mwinf5c10 ME Service refuse. Veuillez essayer plus tard. OFR_103 [103]"),
            Kind::block, ip_blocked, Retry::later, false},
        Row{"Google5728MeansLater",
            reply("550-5.7.28 There is an unusual rate of unsolicited mail originating from\n"
                  "550 5.7.28 your IP address."),
            Kind::block, rate_limited, Retry::later, false},
        Row{"Google4727MeansStop",
            reply("421 4.7.27 Your email has been rate limited because SPF authentication didn't "
                  "pass for this message."),
            Kind::block, auth_failed, Retry::no, false},
        Row{"YahooSaysNeverAgain",
            reply("553 5.7.2 [TSS09] All messages from 192.0.2.1 will be permanently deferred"),
            Kind::block, ip_blocked, Retry::no, false},
        Row{"RateAt4xx", reply("451 4.7.1 rate limit exceeded"), Kind::block, rate_limited,
            Retry::yes, false},
        Row{"CodeAloneEnhanced", reply("550 5.1.1 zzz"), Kind::hard, no_such_mailbox, Retry::no,
            true},
        Row{"CodeAlone554", reply("554 zzz"), Kind::block, policy, Retry::no, false},
        Row{"CodeAlone450", reply("450 zzz"), Kind::soft, server_error, Retry::yes, false},
        Row{"CodeAlone550SaysNothing", reply("550 zzz"), Kind::unknown, unclassified, Retry::no,
            false},
        Row{"NothingAtAll", reply(""), Kind::unknown, unclassified, Retry::yes, false},
        Row{"WordsOfTheOwnerOfAnAddress", reply("550 5.1.1 <spam-virus@example.com>: unknown user"),
            Kind::hard, no_such_mailbox, Retry::no, true},
        Row{"DeliveredThroughAReporter",
            reply("SMTP error from remote mail server after RCPT TO:<x>: host a.example "
                  "[192.0.2.1]: 550 5.1.1 user unknown"),
            Kind::hard, no_such_mailbox, Retry::no, true},
        Row{"NobodysMailboxBeforeRcptByAReporter",
            reply("SMTP error from remote mail server after EHLO x: host a.example [192.0.2.1]: "
                  "550 5.1.1 user unknown"),
            Kind::block, ip_blocked, Retry::no, false},
        Row{"NobodysMailboxAtMailFrom", reply("550 5.1.1 User unknown", {}, "mail"), Kind::block,
            sender_refused, Retry::no, false},
        Row{"NobodysMailboxAtMailFromByCode", reply("550 5.2.1 zzz", {}, "mail"), Kind::block,
            sender_refused, Retry::no, false},
        Row{"NobodysMailboxAtTheGreeting", reply("550 5.1.1 no such user", {}, "connect"),
            Kind::block, ip_blocked, Retry::no, false},
        Row{"NoMailHereAtTheGreeting", reply("521 zzz", {}, "connect"), Kind::hard, no_mail_host,
            Retry::no, true},
        Row{"SenderAtMailFrom",
            reply("550 5.1.7 No such domain example.com.", "mx.example.net", "mail"), Kind::block,
            sender_refused, Retry::no, false},
        Row{"ProviderByItsHost",
            reply("550 Unknown user ann@docomo.ne.jp", "MFSMAX.docomo.ne.jp", "data"), Kind::block,
            sender_refused, Retry::no, false},
        Row{"NotTheProviderByItsHost",
            reply("550 Unknown user ann@docomo.ne.jp", "mx.notdocomo.ne.jp", "data"), Kind::hard,
            no_such_mailbox, Retry::no, true},
        Row{"ContinuationLinesSplitTheWords",
            reply("550-5.1.1 The email account that you tried to reach does\n550 5.1.1 not exist."),
            Kind::hard, no_such_mailbox, Retry::no, true}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(Classifier, BelievesTextsLessWhereTheCodeDisagrees) {
  EXPECT_LT(shipped().classify(reply("450 4.1.1 user unknown")).confidence,
            shipped().classify(reply("550 5.1.1 user unknown")).confidence);
}

TEST(Classifier, OperatorsRulesWin) {
  const OwnRules own(
      "[[rule]]\nid='mine'\nmatch='user unknown'\nmx='mx.example.com'\ncategory='greylisted'\n"
      "sample={text='450 user unknown', mx='mx.example.com'}\nsource='they mean it so'\n");
  const auto classifier = load_checked(own.path());
  ASSERT_TRUE(classifier) << classifier.error().text();
  EXPECT_EQ(classifier->classify(reply("550 user unknown", "a.mx.example.com")).rule, "mine");
  EXPECT_EQ(classifier->classify(reply("550 user unknown", "mx.example.com")).retry, Retry::later);
  EXPECT_EQ(classifier->classify(reply("550 user unknown", "other.example")).rule,
            "no-such-mailbox");
  EXPECT_EQ(classifier->own_rules(), 1U);
}

TEST(Classifier, PlainerWordsAreLookedAtWhereNoRuleKnowsAWording) {
  EXPECT_EQ(shipped().classify(reply("550 the recipient isn't hosted here")).kind, Kind::hard);
  EXPECT_EQ(shipped().classify(reply("550 his postbox is brimming")).kind, Kind::soft);
}

TEST(Classifier, PlainerWordsDoNotOverruleTheOperator) {
  const OwnRules own(
      "[[rule]]\nid='mine'\nmatch='brimming'\nconfidence=0.5\ncategory='greylisted'\n"
      "sample='550 brimming'\nsource='x'\n");
  const auto classifier = load_checked(own.path());
  ASSERT_TRUE(classifier) << classifier.error().text();
  EXPECT_EQ(classifier->classify(reply("550 his postbox is brimming")).rule, "mine");
}

TEST(Classifier, ASampleThatItsRuleDoesNotJudgeIsAMistake) {
  const OwnRules own(
      "[[rule]]\nid='mine'\nmatch='go away'\ncategory='policy'\nsample='550 user unknown'\n"
      "source='x'\n");
  const auto classifier = load_checked(own.path());
  ASSERT_FALSE(classifier);
  EXPECT_EQ(classifier.error().code(), Errc::invalid);
  EXPECT_THAT(classifier.error().text(), HasSubstr("rule 'mine' (line 1): its sample"));
  EXPECT_THAT(classifier.error().text(), HasSubstr("judged by rule 'no-such-mailbox'"));
}

TEST(Classifier, AFileThatIsMissingIsNamed) {
  const auto classifier = Classifier::load("/nowhere/rules.toml");
  ASSERT_FALSE(classifier);
  EXPECT_THAT(classifier.error().text(), HasSubstr("/nowhere/rules.toml"));
}

TEST(Classifier, LooksAtTheFrontOfATextOnly) {
  std::string text = "550 " + std::string(Classifier::kTextLooked, 'x') + " user unknown";
  EXPECT_EQ(shipped().classify(reply(text)).kind, Kind::unknown);
  text = "550 user unknown " + std::string(1 << 20, 'x');
  EXPECT_EQ(shipped().classify(reply(text)).kind, Kind::hard);
}

TEST(Classifier, TakesBytesOfAnyKind) {
  std::string text = "550 5.1.1 ";
  for (int byte = 0; byte < 256; ++byte) {
    text.push_back(static_cast<char>(byte));
  }
  EXPECT_EQ(shipped().classify(reply(text)).kind, Kind::hard);
}

TEST(Classifier, JudgesOnManyThreadsAsOnOne) {
  std::vector<std::jthread> threads;
  std::vector<int> wrong(4);
  for (std::size_t i = 0; i < wrong.size(); ++i) {
    threads.emplace_back([&wrong, i] {
      for (int round = 0; round < 2000; ++round) {
        wrong[i] += shipped().classify(reply("550 user unknown")).kind != Kind::hard;
        wrong[i] += shipped().classify(reply("452 mailbox full")).kind != Kind::soft;
      }
    });
  }
  threads.clear();
  EXPECT_THAT(wrong, testing::Each(0));
}

TEST(Explanation, NamesTheRuleItsSourceAndWhatFollows) {
  const std::string why = explain(shipped().examine(reply("552 5.2.2 mailbox full")));
  EXPECT_THAT(why, HasSubstr("rule 'mailbox-full-first'"));
  EXPECT_THAT(why, HasSubstr("mailbox-full."));
  EXPECT_THAT(why, HasSubstr("The code 552 alone would say that the address is dead"));
  EXPECT_THAT(why, HasSubstr("not suppressed"));
}

TEST(Explanation, SaysThatOnlyTheCodeJudged) {
  EXPECT_THAT(explain(shipped().examine(reply("550 5.1.1 zzz"))),
              HasSubstr("No rule knows the wording; rule 'code-no-such-mailbox' judges by the code "
                        "550 5.1.1"));
  EXPECT_THAT(explain(shipped().examine(reply("zzz"))), HasSubstr("there is no code"));
}

}  // namespace
}  // namespace postrider::bounce
