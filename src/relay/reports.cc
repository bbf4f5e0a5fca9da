#include "relay/reports.h"

#include <utility>

#include "base/text.h"

namespace postrider::relay {
namespace {

using delivery::Outcome;

// RFC 3461 leaves it to us; what sendmail has always done.
constexpr std::chrono::hours kDelayReport{4};
// One message to a thousand recipients would come back a thousand times.
constexpr std::size_t kReturnedMax = 64 * 1024;

bool wants(std::uint8_t notify, std::uint8_t what) {
  return (notify & what) != 0;
}

/// The one attempt between whose time and the next one the delay becomes worth a word.
bool crosses_delay(const delivery::Attempt& attempt, const delivery::Disposition& disposition) {
  const Time mark = attempt.waiting.accepted + kDelayReport;
  return attempt.waiting.due < mark && disposition.due >= mark;
}

/// What could be told, as far as outcome and NOTIFY say.
std::optional<mail::DsnAction> action_of(const delivery::Attempt& attempt,
                                         const delivery::Disposition& disposition,
                                         std::uint8_t notify) {
  switch (disposition.outcome) {
    case Outcome::delivered:
      return wants(notify, smtp::kNotifySuccess) ? std::optional(mail::DsnAction::relayed)
                                                 : std::nullopt;
    case Outcome::deferred:
      return wants(notify, smtp::kNotifyDelay) && crosses_delay(attempt, disposition)
                 ? std::optional(mail::DsnAction::delayed)
                 : std::nullopt;
    case Outcome::failed:
    case Outcome::expired:
      return wants(notify, smtp::kNotifyFailure) || notify == smtp::kNotifyUnset
                 ? std::optional(mail::DsnAction::failed)
                 : std::nullopt;
    case Outcome::suppressed:
      break;
  }
  return std::nullopt;
}

}  // namespace

std::optional<mail::DsnAction> report_wanted(const spool::Message& message,
                                             const delivery::Attempt& attempt,
                                             const delivery::Disposition& disposition,
                                             const directory::Directory& directory) {
  const mail::Address& sender = message.envelope.reverse_path;
  const std::uint8_t notify = message.envelope.recipients[attempt.waiting.index].notify;
  const auto action = action_of(attempt, disposition, notify);
  if (!action || sender.is_null()) {
    return std::nullopt;
  }
  const auto snapshot = directory.snapshot();
  if (!snapshot->is_verified(sender.domain, message.account)) {
    return std::nullopt;
  }
  const directory::Account* account = snapshot->account(message.account);
  if (*action == mail::DsnAction::relayed) {
    // With the sender's own return path a peer with DSN tells; what it took over is its to tell.
    // One without it leaves that to us (RFC 3461, 5.2.2).
    const bool tells = attempt.peer && attempt.peer->offers_dsn;
    const bool ours = account == nullptr || account->own_return_paths || !tells;
    return ours ? action : std::nullopt;
  }
  const bool by_default = account != nullptr && account->dsn == directory::DsnDefault::failure;
  return notify != smtp::kNotifyUnset || by_default ? action : std::nullopt;
}

std::string build_report(const ReportFacts& facts) {
  const smtp::Envelope& envelope = facts.message.envelope;
  const smtp::Recipient& recipient = envelope.recipients[facts.attempt.waiting.index];
  mail::DsnRecipient about;
  about.final_recipient = recipient.address;
  about.original_recipient = recipient.orcpt;
  about.action = facts.action;
  about.status = delivery::status_of(facts.attempt);
  if (facts.is_expired && about.status.starts_with('4')) {
    about.status = "4.4.7";  // RFC 3463, 3.5
  } else if (facts.action == mail::DsnAction::failed || facts.action == mail::DsnAction::delayed) {
    // The peer's class may say the contrary of what we do: a 4xx that names a wrong address.
    about.status.front() = facts.action == mail::DsnAction::failed ? '5' : '4';
  }
  about.remote_mta = facts.attempt.peer ? facts.attempt.peer->host : "";
  if (facts.attempt.reply.code != 0) {
    about.diagnostic = printable(smtp::to_string(facts.attempt.reply), 900);
  }
  about.last_attempt = facts.now;
  about.will_retry_until = facts.expires;
  mail::DsnMessage report{.reporting_mta = facts.hostname,
                          .to = envelope.reverse_path,
                          .envelope_id = envelope.envid,
                          .message_id = "<" + to_string(facts.id) + "@" + facts.hostname + ">",
                          .arrived = facts.message.accepted,
                          .now = facts.now,
                          .recipients = {},
                          .original = facts.content,
                          .full = envelope.ret == smtp::Ret::full &&
                                  facts.action == mail::DsnAction::failed &&
                                  facts.content.size() <= kReturnedMax};
  report.recipients.push_back(std::move(about));
  return mail::build_dsn(report);
}

}  // namespace postrider::relay
