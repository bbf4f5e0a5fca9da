#include "http/domain_check.h"

#include <chrono>
#include <future>
#include <gtest/gtest.h>
#include <ostream>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>

namespace postrider::http {
namespace {

using Texts = std::vector<std::string>;

directory::DnsRecord record(std::string purpose) {
  if (purpose == "ownership") {
    return {.name = "_postrider.a.example",
            .type = "TXT",
            .value = "postrider-verify=tok",
            .purpose = "ownership"};
  }
  if (purpose == "dkim") {
    return {.name = "pr1r._domainkey.a.example",
            .type = "TXT",
            .value = "v=DKIM1; k=rsa; p=AAAABBBB",
            .purpose = "dkim"};
  }
  if (purpose == "spf") {
    return {.name = "a.example",
            .type = "TXT",
            .value = "v=spf1 include:esp.example ~all",
            .purpose = "spf",
            .is_required = false};
  }
  return {.name = "_dmarc.a.example",
          .type = "TXT",
          .value = "v=DMARC1; p=none",
          .purpose = "dmarc",
          .is_required = false};
}

struct Row {
  std::string name;
  std::string purpose;
  Texts texts;
  Verdict verdict;
  std::string advice = "";  ///< a part of it
};
void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class Judge : public testing::TestWithParam<Row> {};

TEST_P(Judge, SaysWhatIsThereAndWhatToPublish) {
  const Finding finding = judge(record(GetParam().purpose), GetParam().texts);
  EXPECT_EQ(to_string(finding.verdict), to_string(GetParam().verdict));
  EXPECT_NE(finding.advice.find(GetParam().advice), std::string::npos) << finding.advice;
  EXPECT_EQ(finding.advice.empty(), GetParam().verdict == Verdict::ok) << finding.advice;
}

INSTANTIATE_TEST_SUITE_P(
    Ownership, Judge,
    testing::Values(
        Row{"TokenAmongOthers", "ownership", {"x", "postrider-verify=tok"}, Verdict::ok},
        Row{"AnothersToken",
            "ownership",
            {"postrider-verify=old"},
            Verdict::wrong,
            "publish _postrider.a.example TXT \"postrider-verify=tok\""},
        Row{"NothingOfOurs", "ownership", {"google-verify=1"}, Verdict::missing, "publish"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Dkim, Judge,
    testing::Values(
        Row{"TheKey", "dkim", {"v=DKIM1; k=rsa; p=AAAABBBB"}, Verdict::ok},
        Row{"TheKeyFoldedAndInAnotherOrder", "dkim", {"p=AAAA BBBB;k=rsa"}, Verdict::ok},
        Row{"AnotherKey", "dkim", {"v=DKIM1; k=rsa; p=CCCC"}, Verdict::wrong, "p=AAAABBBB"},
        Row{"ARevokedKey", "dkim", {"v=DKIM1; p="}, Verdict::wrong, "p=AAAABBBB"},
        Row{"TwoKeys",
            "dkim",
            {"v=DKIM1; k=rsa; p=AAAABBBB", "v=DKIM1; p=C"},
            Verdict::wrong,
            "remove all"},
        Row{"NoKey", "dkim", {}, Verdict::missing, "publish pr1r._domainkey.a.example TXT"}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Spf, Judge,
    testing::Values(Row{"OursAlone", "spf", {"v=spf1 include:esp.example ~all"}, Verdict::ok},
                    Row{"OursAmongOthers",
                        "spf",
                        {"v=spf1 mx INCLUDE:esp.example a -all", "other"},
                        Verdict::ok},
                    Row{"ASoftOneIsNotOurs",
                        "spf",
                        {"v=spf1 ?include:esp.example -all"},
                        Verdict::wrong,
                        "include:esp.example -all"},
                    Row{"OursIsAddedBeforeAll",
                        "spf",
                        {"v=spf1 mx -all"},
                        Verdict::wrong,
                        "\"v=spf1 mx include:esp.example -all\""},
                    Row{"OursIsAddedBeforeARedirect",
                        "spf",
                        {"v=spf1 redirect=b.example"},
                        Verdict::wrong,
                        "\"v=spf1 include:esp.example redirect=b.example\""},
                    Row{"OursIsAddedAtTheEnd",
                        "spf",
                        {"v=spf1 mx"},
                        Verdict::wrong,
                        "\"v=spf1 mx include:esp.example\""},
                    Row{"TwoRecords",
                        "spf",
                        {"v=spf1 include:esp.example ~all", "v=spf1 -all"},
                        Verdict::wrong,
                        "join them"},
                    Row{"NoRecord",
                        "spf",
                        {"other"},
                        Verdict::missing,
                        "publish a.example TXT \"v=spf1 include:esp.example ~all\""}),
    [](const auto& row) { return row.param.name; });

INSTANTIATE_TEST_SUITE_P(
    Dmarc, Judge,
    testing::Values(
        Row{"Stricter", "dmarc", {"v=DMARC1; p=reject; rua=mailto:x@y"}, Verdict::ok},
        Row{"NoPolicy", "dmarc", {"v=DMARC1; rua=mailto:x@y"}, Verdict::wrong, "p="},
        Row{"Two", "dmarc", {"v=DMARC1; p=none", "v=DMARC1; p=none"}, Verdict::wrong, "keep one"},
        Row{"None", "dmarc", {}, Verdict::missing, "v=DMARC1; p=none"}),
    [](const auto& row) { return row.param.name; });

TEST(JudgeReturnPath, CnameOrTheOneMxMustLeadHere) {
  const directory::DnsRecord wanted{.name = "bounces.a.example",
                                    .type = "CNAME",
                                    .value = "esp.example",
                                    .purpose = "return-path"};
  EXPECT_EQ(judge_return_path(wanted, "ESP.example", {}).verdict, Verdict::ok);
  EXPECT_EQ(judge_return_path(wanted, "", {"esp.example"}).verdict, Verdict::ok);
  EXPECT_EQ(judge_return_path(wanted, "", {}).verdict, Verdict::missing);
  const Finding elsewhere = judge_return_path(wanted, "old.example", {});
  EXPECT_EQ(elsewhere.verdict, Verdict::wrong);
  EXPECT_EQ(elsewhere.found, Texts{"CNAME old.example"});
  EXPECT_EQ(judge_return_path(wanted, "", {"esp.example", "other.example"}).verdict,
            Verdict::wrong);
}

/// Nothing listens on port 1: what has no answer is neither there nor missing.
TEST(LookUpRecords, NoAnswerIsUnknown) {
  boost::asio::io_context io;
  auto resolver = dns::make_resolver(io.get_executor(),
                                     {.forwarders = {},
                                      .stubs = {{.zone = "a.example", .server = "127.0.0.1@1"}},
                                      .trust_anchor = {},
                                      .timeout = std::chrono::milliseconds(100)});
  ASSERT_TRUE(resolver) << resolver.error().text();
  const std::vector<directory::DnsRecord> records{record("dkim"), record("dmarc")};
  auto findings =
      boost::asio::co_spawn(io, look_up_records(**resolver, records), boost::asio::use_future);
  while (findings.wait_for(std::chrono::seconds(0)) != std::future_status::ready) {
    ASSERT_GT(io.run_one_for(std::chrono::seconds(20)), 0U);
  }
  for (const Finding& finding : findings.get()) {
    EXPECT_EQ(finding.verdict, Verdict::unknown);
    EXPECT_NE(finding.advice.find("try again"), std::string::npos) << finding.advice;
  }
}

}  // namespace
}  // namespace postrider::http
