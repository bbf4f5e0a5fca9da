#include "delivery/judgement.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::delivery {
namespace {

using bounce::Category;
using bounce::Kind;
using bounce::Retry;
using bounce::Verdict;

/// What our own enhanced status codes mean. Whether it is tried again is decided where they are
/// given (Attempt::is_final).
struct OwnWords {
  std::string_view enhanced;
  Kind kind;
  Category category;
};
constexpr std::array kOwn{
    OwnWords{"4.3.0", Kind::soft, Category::server_error},
    OwnWords{"4.4.1", Kind::soft, Category::connection_failed},
    OwnWords{"4.4.2", Kind::soft, Category::connection_failed},
    OwnWords{"4.4.3", Kind::soft, Category::no_mail_host},
    OwnWords{kExpiredWaiting, Kind::soft, Category::timed_out},
    OwnWords{"4.7.0", Kind::soft, Category::connection_failed},
    OwnWords{kExpiredHeld, Kind::block, Category::policy},
    OwnWords{"4.7.4", Kind::soft, Category::tls_failed},
    OwnWords{"4.7.5", Kind::soft, Category::tls_failed},
    OwnWords{"4.7.8", Kind::block, Category::policy},
    OwnWords{"5.1.2", Kind::hard, Category::no_such_domain},
    OwnWords{"5.1.10", Kind::hard, Category::no_mail_host},
    OwnWords{"5.3.4", Kind::block, Category::message_too_big},
    // Addresses that nobody can reach, and our own: whoever runs the domain may mend it tomorrow.
    OwnWords{"5.4.4", Kind::soft, Category::no_mail_host},
    OwnWords{"5.4.6", Kind::block, Category::relay_denied},
    OwnWords{"5.6.3", Kind::block, Category::malformed},
    OwnWords{"5.6.7", Kind::block, Category::malformed},
};

Verdict judge_own_words(const Attempt& attempt) {
  Verdict verdict{.retry = attempt.is_final ? Retry::no : Retry::yes, .rule = kOwnWords};
  const auto* found = std::ranges::find(kOwn, attempt.reply.enhanced, &OwnWords::enhanced);
  if (found == kOwn.end()) {
    return verdict;
  }
  verdict.kind = found->kind;
  verdict.category = attempt.is_timeout && found->category == Category::connection_failed
                         ? Category::timed_out
                         : found->category;
  verdict.suppress = verdict.kind == Kind::hard;
  verdict.confidence = 1;
  return verdict;
}

std::string_view phase_of(smtp::Stage stage) {
  switch (stage) {
    case smtp::Stage::unknown:
      return "";
    case smtp::Stage::connect:
      return "connect";
    case smtp::Stage::hello:
      return "ehlo";
    case smtp::Stage::starttls:
      return "starttls";
    case smtp::Stage::mail:
      return "mail";
    case smtp::Stage::recipient:
      return "rcpt";
    case smtp::Stage::data:
      return "data";
  }
  return "";
}

}  // namespace

Verdict judge(const Attempt& attempt, const bounce::Classifier& classifier) {
  if (attempt.is_suppressed) {
    return {.kind = Kind::block,
            .category = Category::suppressed,
            .retry = Retry::no,
            .rule = kSuppressionList,
            .confidence = 1};
  }
  if (attempt.reply.code == 0) {
    return judge_own_words(attempt);
  }
  return classifier.classify({.code = attempt.reply.code,
                              .enhanced = attempt.reply.enhanced,
                              .text = attempt.reply.text,
                              .mx = attempt.peer ? std::string_view(attempt.peer->host) : "",
                              .provider = {},
                              .phase = phase_of(attempt.reply.stage)});
}

Verdict judge_last_reply(std::string_view reply, const bounce::Classifier& classifier) {
  const Verdict waited{.kind = Kind::soft, .category = Category::timed_out, .rule = kOwnWords};
  if (reply.empty()) {
    return waited;
  }
  bounce::Diagnostic diagnostic{};
  diagnostic.text = reply;
  const Verdict verdict = classifier.classify(diagnostic);
  const bool is_ours = !is_digit(reply.front());
  return is_ours && verdict.rule == bounce::kNoRule ? waited : verdict;
}

}  // namespace postrider::delivery
