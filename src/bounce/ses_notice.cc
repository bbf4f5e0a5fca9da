#include "bounce/ses_notice.h"

#include <boost/json/parser.hpp>
#include <boost/json/stream_parser.hpp>
#include <boost/json/value.hpp>

#include "base/text.h"

namespace postrider::bounce {

namespace json = boost::json;

namespace {

constexpr std::size_t kLongest = 256 << 10;
constexpr std::size_t kRecipientsMost = 1000;

/// Mail systems break lines of more than 998 bytes, also within a string.
std::string unbroken(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n') {
      i += i + 1 < text.size() && text[i + 1] == ' ' ? 1 : 0;
    } else if (text[i] != '\r') {
      out.push_back(text[i]);
    }
  }
  return out;
}

/// The value at the front of `text`; what is behind it is the mail's footer.
json::value first_value(std::string_view text) {
  json::stream_parser parser;
  boost::system::error_code failed;
  parser.write_some(text.data(), text.size(), failed);
  return failed || !parser.done() ? json::value() : parser.release();
}

/// A member, or null.
const json::value* member(const json::value* value, std::string_view name) {
  const json::object* object = value == nullptr ? nullptr : value->if_object();
  return object == nullptr ? nullptr : object->if_contains(name);
}

std::string_view text_at(const json::value* value, std::string_view name) {
  const json::value* found = member(value, name);
  const json::string* text = found == nullptr ? nullptr : found->if_string();
  return text == nullptr ? std::string_view() : std::string_view(*text);
}

const json::array* list_at(const json::value* value, std::string_view name) {
  const json::value* found = member(value, name);
  return found == nullptr ? nullptr : found->if_array();
}

void add_recipient(DeliveryStatus& status, const json::value& one, mail::DsnAction action) {
  if (status.recipients.size() >= kRecipientsMost) {
    status.is_cut = true;
    return;
  }
  StatusRecipient recipient;
  const json::string* alone = one.if_string();
  recipient.final_recipient =
      alone != nullptr ? std::string_view(*alone) : text_at(&one, "emailAddress");
  recipient.action = action;
  recipient.status = find_enhanced(text_at(&one, "status"));
  // "smtp; 550 5.1.1 user unknown"
  std::string_view diagnostic = text_at(&one, "diagnosticCode");
  const auto semicolon = diagnostic.substr(0, 20).find(';');
  diagnostic.remove_prefix(semicolon == std::string_view::npos ? 0 : semicolon + 1);
  recipient.diagnostic = trim(diagnostic);
  status.recipients.push_back(std::move(recipient));
}

void add_recipients(DeliveryStatus& status, const json::array* list, mail::DsnAction action) {
  for (std::size_t i = 0; list != nullptr && i < list->size(); ++i) {
    add_recipient(status, (*list)[i], action);
  }
}

std::string message_id_of(const json::value* mail) {
  const std::string_view own = text_at(member(mail, "commonHeaders"), "messageId");
  return std::string(own.empty() ? text_at(mail, "messageId") : own);
}

std::optional<SesNotice> read_notice(const json::value& whole) {
  const json::value* bounce = member(&whole, "bounce");
  const json::value* delay = member(&whole, "deliveryDelay");
  const json::value* delivery = member(&whole, "delivery");
  const json::value* complaint = member(&whole, "complaint");
  const json::value* mail = member(&whole, "mail");
  if (mail == nullptr) {
    return std::nullopt;
  }
  SesNotice notice;
  notice.message_id = message_id_of(mail);
  notice.source_ip = text_at(mail, "sourceIp");
  add_recipients(notice.status, list_at(bounce, "bouncedRecipients"), mail::DsnAction::failed);
  add_recipients(notice.status, list_at(delay, "delayedRecipients"), mail::DsnAction::delayed);
  add_recipients(notice.status, list_at(delivery, "recipients"), mail::DsnAction::delivered);
  const std::string_view mta = text_at(bounce, "reportingMTA");
  notice.status.reporting_mta = trim(mta.substr(mta.find(';') + 1));
  if (complaint != nullptr) {
    add_recipients(notice.status, list_at(complaint, "complainedRecipients"),
                   mail::DsnAction::failed);
    const std::string_view type = text_at(complaint, "complaintFeedbackType");
    notice.complaint = type.empty() ? "abuse" : lower(type);
  }
  return notice;
}

}  // namespace

std::optional<SesNotice> read_ses_notice(std::string_view text) {
  const auto begin = text.find_first_not_of(" \t\r\n");
  if (begin == std::string_view::npos || text[begin] != '{') {
    return std::nullopt;
  }
  const json::value whole = first_value(unbroken(text.substr(begin, kLongest)));
  // A topic wraps the notice into a text.
  const std::string_view wrapped = text_at(&whole, "Message");
  return wrapped.empty() ? read_notice(whole) : read_notice(first_value(wrapped));
}

}  // namespace postrider::bounce
