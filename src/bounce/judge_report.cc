#include <algorithm>

#include "base/text.h"
#include "bounce/bounce_report.h"
#include "bounce/delivery_status.h"
#include "bounce/normal_form.h"
#include "bounce/witness.h"

namespace postrider::bounce {
namespace {

/// The hosts of Remote-MTA fields are names, addresses in brackets or anything else.
Diagnostic diagnostic_of(const ReportedRecipient& recipient, std::string_view text,
                         std::string_view phase) {
  return {.code = recipient.code,
          .enhanced = recipient.enhanced,
          .text = text,
          .mx = recipient.mta,
          .provider = {},
          .phase = phase};
}

/// What was refused, in the words of the system that reports it ("after MAIL FROM:<...>:"): they
/// stand in front of the reply, and without them "no such domain" would be the recipient's.
std::string_view phase_of(std::string_view text) {
  std::string normal;
  normalise(text, Classifier::kTextLooked, 0, {}, normal);
  const std::optional<Phase> phase = phase_in(normal);
  return phase ? to_string(*phase) : std::string_view();
}

/// A report that mail is late, and not why.
constexpr Verdict kLate{.kind = Kind::soft,
                        .category = Category::timed_out,
                        .retry = Retry::yes,
                        .suppress = false,
                        .rule = "late",
                        .confidence = 0.5};

Verdict verdict_on(const BounceReport& report, const ReportedRecipient& recipient,
                   const Classifier& classifier) {
  // What the refusing host said, without the words of the system that reports it.
  const std::string_view text = recipient.text;
  const std::string_view reply = text.substr(code_offset(text));
  const std::string_view phase = phase_of(text);
  const Finding replied = classifier.examine(diagnostic_of(recipient, reply, phase));
  const Finding told = classifier.examine(diagnostic_of(recipient, text, phase));
  if (!reply.empty() && !replied.is_by_code() &&
      (told.is_by_code() || replied.verdict.confidence >= told.verdict.confidence)) {
    return replied.verdict;
  }
  if (!told.is_by_code() || recipient.is_status || report.recipients.size() > 1) {
    return told.verdict;
  }
  const Finding noticed = classifier.examine(diagnostic_of(recipient, report.notice, {}));
  return noticed.is_by_code() ? told.verdict : noticed.verdict;
}

bool is_unjudged(const ReportedRecipient& recipient) {
  return !recipient.is_status && recipient.verdict && recipient.verdict->kind == Kind::unknown;
}

/// Several, and nothing is said of any of them: what the notice says is said of all ("could not be
/// delivered because of ...", and then a list).
void judge_together(BounceReport& report, const Classifier& classifier) {
  if (report.recipients.size() < 2 || !std::ranges::all_of(report.recipients, is_unjudged)) {
    return;
  }
  const ReportedRecipient& any = report.recipients.front();
  const Finding noticed =
      classifier.examine(diagnostic_of(any, report.notice, phase_of(report.notice)));
  if (noticed.is_by_code()) {
    return;
  }
  for (ReportedRecipient& recipient : report.recipients) {
    recipient.verdict = noticed.verdict;
  }
}

}  // namespace

void judge(BounceReport& report, const Classifier& classifier) {
  for (ReportedRecipient& recipient : report.recipients) {
    if (recipient.action == mail::DsnAction::failed ||
        recipient.action == mail::DsnAction::delayed) {
      recipient.verdict = verdict_on(report, recipient, classifier);
    }
  }
  judge_together(report, classifier);
  for (ReportedRecipient& recipient : report.recipients) {
    if (recipient.action == mail::DsnAction::delayed && recipient.verdict &&
        recipient.verdict->kind == Kind::unknown) {
      recipient.verdict = kLate;
    }
  }
}

}  // namespace postrider::bounce
