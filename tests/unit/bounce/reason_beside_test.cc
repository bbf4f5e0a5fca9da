// Whoever refuses us for a reason may say the words of a dead address beside it, before or behind:
// the reason counts. All pairs of both, in four forms.
#include <array>
#include <fmt/core.h>
#include <gtest/gtest.h>
#include <string>

#include "bounce/classifier.h"

namespace postrider::bounce {
namespace {

constexpr auto kDead = std::to_array<std::string_view>(
    {"user unknown", "mailbox unavailable", "no such user",
     "Requested action not taken: mailbox unavailable", "mailbox does not exist",
     "invalid recipient", "account disabled", "unknown recipient", "undeliverable address"});

constexpr auto kReasons = std::to_array<std::string_view>({"your IP is blacklisted",
                                                           "listed by zen.spamhaus.org",
                                                           "blocked using bl.spamcop.net",
                                                           "bad reputation",
                                                           "spam detected",
                                                           "message identified as spam",
                                                           "DMARC policy of reject",
                                                           "SPF check failed",
                                                           "DKIM signature invalid",
                                                           "sender address rejected",
                                                           "no PTR record",
                                                           "policy violation",
                                                           "rejected by policy",
                                                           "virus found",
                                                           "prohibited attachment",
                                                           "access denied by administrator",
                                                           "too many messages from your host",
                                                           "rate limit exceeded",
                                                           "URL in message is listed in SURBL",
                                                           "content rejected",
                                                           "unsolicited mail",
                                                           "sender domain blocked",
                                                           "your server is not allowed",
                                                           "mail from your network is refused",
                                                           "not permitted by security policy",
                                                           "rejected due to abuse",
                                                           "greylisted, try later",
                                                           "authentication required",
                                                           "sender not authorized",
                                                           "blacklisted sender",
                                                           "contains phishing link"});

TEST(ReasonBesideADeadAddress, Counts) {
  const Classifier classifier = Classifier::load().value();
  for (const std::string_view code : {"550 ", "550 5.1.1 ", "550 5.7.1 ", "554 "}) {
    for (const std::string_view dead : kDead) {
      for (const std::string_view reason : kReasons) {
        for (const std::string& said : {fmt::format("{}{}: {}", code, dead, reason),
                                        fmt::format("{}{} ({})", code, dead, reason),
                                        fmt::format("{}{}: {}", code, reason, dead),
                                        fmt::format("{}{}, {}", code, reason, dead)}) {
          const Verdict verdict = classifier.classify(
              {.code = 0, .enhanced = {}, .text = said, .mx = {}, .provider = {}, .phase = {}});
          EXPECT_TRUE(verdict.kind != Kind::hard && !verdict.suppress)
              << said << " by " << verdict.rule;
        }
      }
    }
  }
}

}  // namespace
}  // namespace postrider::bounce
