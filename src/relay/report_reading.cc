#include "relay/report_reading.h"

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

#include "base/text.h"
#include "bounce/bounce_report.h"
#include "bounce/feedback_report.h"
#include "relay/inbound_address.h"

namespace postrider::relay {
namespace {

using events::Type;

void add_id(ReportReading& reading, std::optional<RecipientId> id) {
  if (id && std::ranges::find(reading.ids, *id) == reading.ids.end()) {
    reading.ids.push_back(*id);
  }
}

/// What our own Message-IDs begin with (delivery/render.h).
std::optional<RecipientId> message_id_recipient(std::string_view message_id,
                                                const mail::TokenKey& key) {
  message_id.remove_prefix(message_id.starts_with('<') ? 1 : 0);
  return mail::read_token(key, message_id.substr(0, message_id.find('@')));
}

std::string after_type(std::string_view orcpt) {
  return std::string(orcpt.substr(orcpt.find(';') + 1));
}

/// Types of RFC 5965, 7.3 and later ones by which a reader or its provider complains. `not-spam`
/// says the contrary; `auth-failure` and `dmarc` tell of authentication.
bool is_complaint(std::string_view feedback_type) {
  static constexpr std::array kComplaints{std::string_view("abuse"), std::string_view("fraud"),
                                          std::string_view("virus"), std::string_view("opt-out"),
                                          std::string_view("other")};
  return std::ranges::find(kComplaints, feedback_type) != kComplaints.end();
}

/// False: it is no feedback. Bounces say why in the same words ("marked as spam"), and automatic
/// answers quote ours: where it is one of these, wording alone makes nobody complain.
bool take_feedback(ReportReading& reading, std::string_view message, bool is_something_else,
                   const mail::TokenKey& key) {
  const bounce::FeedbackReport report = bounce::read_feedback(message);
  if (!report.is_feedback() || (is_something_else && report.is_in_words)) {
    return false;
  }
  reading.what = "feedback of type " + printable(report.feedback_type, 40);
  add_id(reading, mail::read_token(key, report.own_id));
  add_id(reading, return_path_recipient(report.original_from, key));
  add_id(reading, message_id_recipient(report.message_id, key));
  if (is_complaint(report.feedback_type)) {
    Told told;
    told.type = Type::complained;
    told.address = report.recipient;
    told.text = report.feedback_type;
    told.mta = printable(report.user_agent, 200);
    told.kind = to_string(bounce::Kind::complaint);
    told.category = to_string(bounce::Category::complaint);
    reading.told.push_back(std::move(told));
  }
  return true;
}

Told told_of(bounce::ReportedRecipient& recipient) {
  Told told;
  told.type = recipient.action == mail::DsnAction::delayed ? Type::delayed : Type::bounced;
  told.address = std::move(recipient.recipient);
  told.original = after_type(recipient.original_recipient);
  told.code = recipient.code;
  told.enhanced = printable(recipient.enhanced, 16);
  told.text = std::move(recipient.text);
  told.mta = printable(recipient.mta, 255);
  if (recipient.verdict) {
    told.kind = to_string(recipient.verdict->kind);
    told.category = to_string(recipient.verdict->category);
    told.rule = recipient.verdict->rule;
  }
  return told;
}

bool is_told(const bounce::ReportedRecipient& recipient) {
  const bool is_refusal =
      recipient.action == mail::DsnAction::failed || recipient.action == mail::DsnAction::delayed;
  return is_refusal && !(recipient.verdict && recipient.verdict->kind == bounce::Kind::autoreply);
}

void take_bounce(ReportReading& reading, bounce::BounceReport report, const mail::TokenKey& key,
                 const bounce::Classifier& classifier) {
  reading.what = report.autoreply            ? "an automatic answer"
                 : report.recipients.empty() ? "no report that can be read"
                                             : "a report of delivery";
  if (report.autoreply) {
    return;
  }
  add_id(reading, mail::read_token(key, report.own_id));
  add_id(reading, return_path_recipient(report.return_path, key));
  add_id(reading, message_id_recipient(report.message_id, key));
  bounce::judge(report, classifier);
  for (bounce::ReportedRecipient& recipient : report.recipients) {
    if (is_told(recipient) && reading.told.size() < ReportReading::kToldMost) {
      reading.told.push_back(told_of(recipient));
    }
  }
}

}  // namespace

ReportReading read_report(std::string_view message, const mail::TokenKey& key,
                          const bounce::Classifier& classifier) {
  ReportReading reading;
  bounce::BounceReport report = bounce::read_bounce(message);
  // Reasons speak of complaints, too: what a machine wrote for machines is no feedback.
  const bool is_status =
      std::ranges::any_of(report.recipients, &bounce::ReportedRecipient::is_status);
  const bool is_something_else = !report.recipients.empty() || report.autoreply;
  if (is_status || !take_feedback(reading, message, is_something_else, key)) {
    take_bounce(reading, std::move(report), key, classifier);
  }
  return reading;
}

}  // namespace postrider::relay
