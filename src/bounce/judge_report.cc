#include "base/text.h"
#include "bounce/bounce_report.h"

namespace postrider::bounce {
namespace {

/// The hosts of Remote-MTA fields are names, addresses in brackets or anything else.
Diagnostic diagnostic_of(const ReportedRecipient& recipient, std::string_view text) {
  return {.code = recipient.code,
          .enhanced = recipient.enhanced,
          .text = text,
          .mx = recipient.mta,
          .provider = {},
          .phase = {}};
}

Verdict verdict_on(const BounceReport& report, const ReportedRecipient& recipient,
                   const Classifier& classifier) {
  const Finding told = classifier.examine(diagnostic_of(recipient, recipient.text));
  if (!told.is_by_code() || report.recipients.size() > 1 || report.notice == recipient.text) {
    return told.verdict;
  }
  // Gateways put a code where machines look, and the reason where people do.
  const Finding noticed = classifier.examine(diagnostic_of(recipient, report.notice));
  return noticed.is_by_code() ? told.verdict : noticed.verdict;
}

}  // namespace

void judge(BounceReport& report, const Classifier& classifier) {
  for (ReportedRecipient& recipient : report.recipients) {
    if (recipient.action == mail::DsnAction::failed ||
        recipient.action == mail::DsnAction::delayed) {
      recipient.verdict = verdict_on(report, recipient, classifier);
    }
  }
}

}  // namespace postrider::bounce
