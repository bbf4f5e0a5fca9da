#include "links/machine_rules.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider::links {
namespace {

using testing::HasSubstr;

constexpr std::string_view kFirefox =
    "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0";
constexpr std::string_view kBareWebkit =
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)";

struct Row {
  const char* name;
  bool is_click = false;
  std::string_view agent;
  std::string_view reason;  ///< "" : a person
  Machine machine = Machine::none;
  std::string_view accept = "text/html,*/*";
  std::string_view language = "en";
  std::string_view purpose = {};
  std::string_view method = "GET";
};

const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {.name = "AClickByABrowser", .is_click = true, .agent = kFirefox, .reason = ""},
      {.name = "AnOpenByAMailClient",
       .agent = "Mozilla/5.0 (X11; Linux x86_64; rv:115.0) Gecko/20100101 Thunderbird/115.3.1",
       .reason = "",
       .accept = "image/avif,image/webp,*/*"},
      {.name = "OutlookOnTheDesktopFetchesImages",
       .agent = "Mozilla/4.0 (compatible; ms-office; MSOffice 16)",
       .reason = "",
       .accept = "*/*",
       .language = ""},
      {.name = "GmailsProxy",
       .agent = "Mozilla/5.0 (Windows NT 5.1; rv:11.0) Gecko Firefox/11.0 (via ggpht.com "
                "GoogleImageProxy)",
       .reason = "gmail-proxy",
       .machine = Machine::proxy},
      {.name = "AClickUnderAProxysName",
       .is_click = true,
       .agent = "Mozilla/5.0 (via ggpht.com GoogleImageProxy)",
       .reason = ""},
      {.name = "YahoosProxy",
       .agent = "YahooMailProxy; https://help.yahoo.com/kb/yahoo-mail-proxy-SLN28749.html",
       .reason = "yahoo-proxy",
       .machine = Machine::proxy},
      {.name = "ApplesPrivacyProtection",
       .agent = "Mozilla/5.0",
       .reason = "apple-privacy",
       .machine = Machine::prefetch},
      {.name = "AClickUnderApplesShortName",
       .is_click = true,
       .agent = "Mozilla/5.0",
       .reason = ""},
      {.name = "BareWebkitWithoutALanguage",
       .agent = kBareWebkit,
       .reason = "bare-webkit",
       .machine = Machine::prefetch,
       .accept = "*/*",
       .language = ""},
      {.name = "OutlookOnAMacHasALanguage",
       .agent = kBareWebkit,
       .reason = "",
       .accept = "*/*",
       .language = "en-us"},
      {.name = "Barracuda",
       .is_click = true,
       .agent = "BarracudaCentral/1.0",
       .reason = "barracuda",
       .machine = Machine::scanner},
      {.name = "ProofpointWhateverTheCase",
       .is_click = true,
       .agent = "Mozilla/5.0 ProofPoint URL Defense",
       .reason = "proofpoint",
       .machine = Machine::scanner},
      {.name = "Mimecast",
       .agent = "Mimecast-URL-Protect",
       .reason = "mimecast",
       .machine = Machine::scanner},
      {.name = "SafeLinks",
       .is_click = true,
       .agent = "Mozilla/5.0 (Windows NT 6.1; WOW64) AppleWebKit/534+ (KHTML, like Gecko) "
                "BingPreview/1.0b",
       .reason = "safelinks",
       .machine = Machine::scanner},
      {.name = "AProgram",
       .is_click = true,
       .agent = "python-requests/2.31",
       .reason = "program",
       .machine = Machine::scanner},
      {.name = "AChatsPreview",
       .is_click = true,
       .agent = "Slackbot-LinkExpanding 1.0",
       .reason = "crawler",
       .machine = Machine::scanner},
      {.name = "NoNameAtAll",
       .is_click = true,
       .agent = "",
       .reason = "no-agent",
       .machine = Machine::scanner},
      {.name = "AnOpenWithoutAName", .agent = "", .reason = ""},
      {.name = "AClickThatWantsNoPage",
       .is_click = true,
       .agent = kFirefox,
       .reason = "no-page-wanted",
       .machine = Machine::scanner,
       .accept = "*/*",
       .language = ""},
      {.name = "ABrowserThatPrefetches",
       .is_click = true,
       .agent = kFirefox,
       .reason = "purpose",
       .machine = Machine::prefetch,
       .purpose = "Prefetch;prerender"},
      {.name = "Head",
       .is_click = true,
       .agent = kFirefox,
       .reason = "head",
       .machine = Machine::scanner,
       .method = "HEAD"},
  };
  return all;
}

TEST(MachineRules, ThoseThatAreShippedTellPeopleFromMachines) {
  for (const Row& row : rows()) {
    const Verdict verdict = MachineRules::shipped().judge({.is_click = row.is_click,
                                                           .method = row.method,
                                                           .agent = row.agent,
                                                           .accept = row.accept,
                                                           .language = row.language,
                                                           .purpose = row.purpose});
    EXPECT_EQ(verdict.reason, row.reason) << row.name;
    EXPECT_EQ(verdict.machine, row.machine) << row.name;
    EXPECT_EQ(verdict.confidence > 0, verdict.machine != Machine::none) << row.name;
  }
}

constexpr std::string_view kTiming = R"(
[timing]
after_delivery = "10s"
after_delivery_confidence = 80
burst_links = 3
burst_within = "10s"
burst_confidence = 90
twin_within = "30s"
twin_confidence = 75
twin_asn = [1]
settled_after = "10m"
)";

TEST(MachineRules, AMistakeIsRefusedWithItsPlace) {
  struct Mistake {
    std::string_view rules;
    const char* says;
  };
  const std::string good = "name='x'\nverdict='proxy'\nconfidence=5\nsource='s'\n";
  for (const auto& [rules, says] : std::vector<std::pair<std::string, const char*>>{
           {"[[rule]]\n" + good, "no condition"},
           {"[[rule]]\n" + good + "agent=['a']\nagnet=['b']", "no key 'agnet'"},
           {"[[rule]]\n" + good + "agent=5", "agent is a string or a list"},
           {"[[rule]]\n" + good + "agent=[]", "agent is a string or a list"},
           {"[[rule]]\n" + good + "agent='a'\nmethod=''", "method is a string that says"},
           {"[[rule]]\n" + good + "agent=['a']\nof=['clicks','reads']", "of is opens"},
           {"[[rule]]\nname='x'\nverdict='human'\nconfidence=5\nsource='s'", "a verdict of"},
           {"[[rule]]\nname='x'\nverdict='proxy'\nconfidence=101\nsource='s'", "1 to 100"},
           {"[[rule]]\nname='x'\nverdict='proxy'\nconfidence=5\nagent=['a']", "no source"},
           {"rule = [1]", "[[rule]]"},
           {"= 1", "mine.toml:2"}}) {
    const auto parsed =
        MachineRules::parse("version = 1\n" + rules + "\n" + std::string(kTiming), "mine.toml");
    ASSERT_FALSE(parsed) << rules;
    EXPECT_THAT(parsed.error().text(), HasSubstr(says));
  }
  EXPECT_FALSE(MachineRules::parse("version = 1", "mine.toml"));
  EXPECT_FALSE(MachineRules::parse("version = 2\n" + std::string(kTiming), "mine.toml"));
  EXPECT_TRUE(MachineRules::parse("version = 1\n" + std::string(kTiming), "mine.toml"));
}

class OwnRules : public testing::Test {
 protected:
  Result<MachineRules> load(const std::string& text) {
    std::ofstream(folder_ / "machines.toml") << text;
    return MachineRules::load(folder_ / "machines.toml");
  }
  static std::string reason(const MachineRules& rules, const Asked& asked) {
    return rules.judge(asked).reason;
  }

  test::FreshFolder folder_;
};

TEST_F(OwnRules, AreAskedBeforeThoseThatAreShipped) {
  const auto rules = load(
                         "version = 1\n[[rule]]\nname = 'ours'\nverdict = 'proxy'\n"
                         "confidence = 50\nagent = ['barracuda']\nsource = 'us'\n")
                         .value();
  EXPECT_EQ(reason(rules, {.is_click = true, .agent = "BarracudaCentral/1.0"}), "ours");
  EXPECT_EQ(reason(rules, {.is_click = true, .agent = "mimecast"}), "mimecast");
  EXPECT_FALSE(rules.ask_for_origin());
  EXPECT_EQ(rules.timing().burst_links, MachineRules::shipped().timing().burst_links);
}

TEST_F(OwnRules, CanAskWhereSomebodyComesFrom) {
  const auto rules =
      load(
          "version = 1\n[[rule]]\nname = 'gateway'\nverdict = 'scanner'\nconfidence = 90\n"
          "network = ['mail-gateway']\nsource = 'us'\n"
          "[[rule]]\nname = 'cloud'\nverdict = 'scanner'\nconfidence = 60\nasn = [64496]\n"
          "of = ['clicks']\nsource = 'us'\n")
          .value();
  EXPECT_TRUE(rules.ask_for_origin());
  const Asked plain{.is_click = true,
                    .method = "GET",
                    .agent = kFirefox,
                    .accept = "text/html",
                    .language = "en"};
  const auto from = [&](readers::Origin origin) {
    Asked asked = plain;
    asked.origin = std::move(origin);
    return reason(rules, asked);
  };
  EXPECT_EQ(from({.network = "mail-gateway"}), "gateway");
  EXPECT_EQ(from({.autonomous_system = 64496}), "cloud");
  EXPECT_EQ(from({.network = "office", .autonomous_system = 64497}), "");
  EXPECT_EQ(from({}), "") << "without files nothing fits";
}

TEST_F(OwnRules, SetTheTimesThatTheyName) {
  const auto rules = load("version = 1\n[timing]\nafter_delivery = \"2s\"\n").value();
  EXPECT_EQ(rules.timing().after_delivery, std::chrono::seconds(2));
  EXPECT_EQ(rules.timing().burst_links, MachineRules::shipped().timing().burst_links);
}

TEST_F(OwnRules, AMistakeIsNamed) {
  const std::string rule = "version = 1\n[[rule]]\nname='x'\nverdict='proxy'\nconfidence=5\n";
  for (const auto& [text, says] : std::vector<std::pair<std::string, const char*>>{
           {"version = 2", "machines.toml: version is missing or is not 1"},
           {"version = 1\ntimings = 1", "machines.toml:2: there is no key 'timings'"},
           {rule + "source='s'\nnetwork=['Not One']", "can be no label"},
           {rule + "source='s'\nasn=['AS1']", "asn is a list of whole numbers"},
           {rule + "source='s'\nasn=[]", "asn is a list of whole numbers"},
           {"version = 1\n[timing]\nburst_links = 1", "burst_links is a whole number"},
           {"version = 1\n[timing]\nbust_links = 3", "no key 'bust_links'"}}) {
    const auto rules = load(text);
    ASSERT_FALSE(rules) << text;
    EXPECT_THAT(rules.error().text(), HasSubstr(says));
  }
  const auto missing = MachineRules::load("/nonexistent/machines.toml");
  ASSERT_FALSE(missing);
  EXPECT_EQ(missing.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace postrider::links
