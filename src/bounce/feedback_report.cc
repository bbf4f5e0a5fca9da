#include "bounce/feedback_report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "bounce/find_addresses.h"
#include "bounce/mime_reader.h"
#include "bounce/report_parts.h"
#include "bounce/ses_notice.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kValueMost = 1000;

bool is_ip_char(char c) {
  return is_digit(c) || c == '.' || c == ':' || (to_lower(c) >= 'a' && to_lower(c) <= 'f');
}

/// An IPv4 address in `text`, or an IPv6 one in an "IP" phrase; as text.
std::string ip_in(std::string_view text) {
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (!is_digit(text[at]) || (at > 0 && is_ip_char(text[at - 1]))) {
      continue;
    }
    std::size_t end = at;
    while (end < text.size() && end - at < 40 && is_ip_char(text[end])) {
      ++end;
    }
    std::string_view found = text.substr(at, end - at);
    while (found.ends_with('.') || found.ends_with(':')) {
      found.remove_suffix(1);
    }
    const bool is_four = std::ranges::count(found, '.') == 3 && found.size() <= 15 &&
                         found.find(':') == std::string_view::npos;
    const bool is_six = std::ranges::count(found, ':') >= 2 && found.size() > 6;
    if (is_four || is_six) {
      return std::string(found);
    }
    at = end;
  }
  return {};
}

std::string address_in(std::string_view value) {
  const auto found = find_addresses(value, 1);
  return found.empty() ? std::string() : std::string(found.front().text);
}

/// Providers black out addresses, and some leave something that looks like one.
bool is_blacked_out(std::string_view address) {
  static constexpr auto kMasks = std::to_array<std::string_view>(
      {"redacted", "undisclosed", "hidden", "removed", "xxxx", "****"});
  const std::string local = lower(address.substr(0, address.find('@')));
  return std::ranges::any_of(kMasks,
                             [&](std::string_view mask) { return local.starts_with(mask); });
}

void take_field(FeedbackReport& report, const MimeField& field) {
  const std::string value = printable(trim(field.value), kValueMost);
  const auto named = [&](std::string_view name) { return equal_ignoring_case(field.name, name); };
  const auto keep = [](std::string& at, std::string content) {
    if (at.empty()) {
      at = std::move(content);
    }
  };
  if (named("Feedback-Type")) {
    keep(report.feedback_type, lower(value.substr(0, value.find_first_of(" ;\t"))));
  } else if (named("Original-Rcpt-To") || named("Removal-Recipient")) {
    keep(report.recipient, address_in(value));
  } else if (named("Source-IP") || named("Source")) {
    keep(report.source_ip, ip_in(value));
  } else if (named("User-Agent")) {
    keep(report.user_agent, value);
  } else if (named("Reported-Domain")) {
    keep(report.reported_domain, value);
  } else if (named("Arrival-Date") || named("Received-Date")) {
    keep(report.arrival_date, value);
  } else if (named("Original-Mail-From")) {
    keep(report.original_from, address_in(value));
  } else if (named("Message-ID")) {
    keep(report.message_id, value);
  }
}

/// Forms without a machine-readable part.
std::string type_in_words(const ReportParts& parts, bool has_message) {
  const std::string said = parts.subject + "\n" + lower(parts.notice);
  const auto has = [&](std::string_view words) { return said.find(words) != std::string::npos; };
  if (has("unsubscribe") && parts.is_unsubscribe) {
    return "opt-out";
  }
  if (!parts.returned.reported_to.empty() || has("complaint about message")) {
    return "abuse";
  }
  const bool is_complaint = has("abuse report") || has("spam report") || has("spam complaint") ||
                            has("feedback report") || has("feedback loop") ||
                            has("reported as spam") || has("marked as spam") || has("complaint") ||
                            has("junk mail report") || has("[spamcop");
  return is_complaint && has_message ? "abuse" : "";
}

FeedbackReport feedback_of(const ReportParts& parts) {
  FeedbackReport report;
  report.is_cut = parts.is_cut;
  if (const auto notice = read_ses_notice(parts.notice)) {
    if (notice->complaint.empty()) {
      return report;
    }
    report.feedback_type = notice->complaint;
    report.message_id = notice->message_id;
    report.source_ip = ip_in(notice->source_ip);
    const auto& reached = notice->status.recipients;
    report.recipient = reached.empty() ? "" : reached.front().final_recipient;
    return report;
  }
  for (const MimeField& field : read_head(parts.feedback, true).fields) {
    take_field(report, field);
  }
  const ReturnedMessage& returned = parts.returned;
  if (report.feedback_type.empty()) {
    const bool has_message = !returned.message_id.empty() || !returned.to.empty();
    report.feedback_type = type_in_words(parts, has_message);
    report.is_in_words = returned.reported_to.empty() && report.feedback_type != "opt-out";
  }
  if (!report.is_feedback()) {
    FeedbackReport none;
    none.is_cut = report.is_cut;
    return none;
  }
  // The head of our message is surer than what was made of it.
  report.message_id = returned.message_id.empty() ? report.message_id : returned.message_id;
  report.own_id = returned.own_id;
  report.feedback_id = returned.feedback_id;
  if (report.recipient.empty() || is_blacked_out(report.recipient)) {
    const std::string& alone = returned.to.size() == 1 ? returned.to.front() : report.recipient;
    report.recipient = !returned.reported_to.empty() ? returned.reported_to
                       : parts.is_unsubscribe        ? parts.from
                                                     : alone;
  }
  if (report.source_ip.empty()) {
    report.source_ip = ip_in(parts.subject);
    report.source_ip = report.source_ip.empty() ? ip_in(parts.notice) : report.source_ip;
  }
  if (report.original_from.empty()) {
    report.original_from = returned.return_path;
  }
  return report;
}

}  // namespace

FeedbackReport read_feedback(std::string_view message) {
  const ReportParts parts = read_report_parts(message);
  // A person or a gateway may pass on somebody's report in a mail of its own.
  if (parts.feedback.empty() && !parts.enclosed.empty()) {
    FeedbackReport inner = feedback_of(read_report_parts(parts.enclosed));
    if (inner.is_feedback()) {
      return inner;
    }
  }
  return feedback_of(parts);
}

}  // namespace postrider::bounce
