#include "relay/prepare.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/text.h"
#include "mail/header.h"
#include "relay/instructions.h"
#include "relay/received_line.h"
#include "relay/tracking.h"

namespace postrider::relay {
namespace {

constexpr std::size_t kSubjectMax = 200;
constexpr std::size_t kMostAuthors = 100;    // in From:
constexpr std::size_t kHeaderFromMax = 997;  // bytes and three dots, in the event of each recipient
constexpr std::size_t kFeedbackSenderMin = 5;
constexpr std::size_t kFeedbackSenderMax = 15;
constexpr std::size_t kLongestDataLine = 998;  // RFC 5321, 4.5.3.1.6

bool is_removed(std::string_view name) {
  constexpr std::array kRemoved{std::string_view("Bcc"), std::string_view("Resent-Bcc"),
                                std::string_view("Return-Path")};
  return is_instruction(name) || std::ranges::any_of(kRemoved, [&](std::string_view removed) {
           return equal_ignoring_case(name, removed);
         });
}

std::string value_of(const mail::Sections& sections, std::string_view name) {
  const mail::Field* field = mail::find_field(sections.fields, name);
  return field == nullptr ? std::string() : mail::unfold(field->value);
}

/// What another reader could take for something else: a line that ends the header for some, a name
/// with bytes in it that some skip.
Result<> check_lines(const std::string& content, const mail::Sections& sections) {
  for (const mail::Field& field : sections.fields) {
    if (field.name.empty()) {
      const auto start = content.begin() + static_cast<std::ptrdiff_t>(field.offset);
      const auto line = 1 + std::count(content.begin(), start, '\n');
      return fail(Errc::invalid, "554 5.6.0 line " + std::to_string(line) +
                                     " of the message is no header field: '" +
                                     printable(field.value.substr(0, field.value.find('\r')), 60) +
                                     "'");
    }
  }
  return {};
}

/// What no host would take later, or only those with SMTPUTF8, of which the client knows nothing.
Result<> check_charset(const mail::Sections& sections, bool smtputf8) {
  for (const mail::Field& field : sections.fields) {
    if (is_ascii(field.whole)) {
      continue;
    }
    if (!is_utf8(field.whole)) {
      return fail(Errc::invalid, "554 5.6.7 " + std::string(field.name) + ": is not UTF-8");
    }
    if (!smtputf8) {
      return fail(Errc::invalid, "554 5.6.7 " + std::string(field.name) +
                                     ": holds bytes beyond ASCII: encode them (RFC 2047), or say "
                                     "SMTPUTF8 with MAIL");
    }
  }
  return {};
}

/// The domain of the first address of From:, once all of them have been found to be the account's.
struct Author {
  std::string domain;
  std::string addresses;
};
Result<Author> find_author(const mail::Sections& sections, AccountId account,
                           const directory::Snapshot& directory) {
  const std::size_t count = mail::count_fields(sections.fields, "From");
  if (count != 1) {
    return fail(Errc::invalid, count == 0 ? "550 5.6.0 the message has no From: field"
                                          : "550 5.6.0 the message has more than one From: field");
  }
  const auto addresses =
      mail::parse_address_list(mail::find_field(sections.fields, "From")->value, kMostAuthors);
  if (!addresses || addresses->empty()) {
    return fail(Errc::invalid, "550 5.6.0 From: can't be read" +
                                   (addresses ? std::string() : ": " + addresses.error().text()));
  }
  Author author{.domain = addresses->front().domain, .addresses = {}};
  for (const mail::Address& address : *addresses) {
    if (address.local.find_first_of("@<>") != std::string::npos) {
      // Legal in quotes, and shown by some readers as the address inside.
      return fail(Errc::invalid, "550 5.6.0 From: holds an address within an address");
    }
    if (!directory.is_verified(address.domain, account)) {
      return fail(Errc::invalid, "550 5.7.1 " + printable(address.domain, 253) +
                                     " in From: is not a verified domain of your account");
    }
    author.addresses += (author.addresses.empty() ? "" : ", ") + mail::to_string(address);
  }
  author.addresses = printable(author.addresses, kHeaderFromMax);
  return author;
}

bool is_bulk(const mail::Sections& sections, const Instructions& instructions,
             directory::Stream of_credential) {
  if (instructions.is_bulk) {
    return *instructions.is_bulk;
  }
  if (of_credential != directory::Stream::automatic) {
    return of_credential == directory::Stream::bulk;
  }
  return mail::find_field(sections.fields, "List-Id") != nullptr ||
         mail::find_field(sections.fields, "List-Unsubscribe") != nullptr ||
         !instructions.labels.campaign.empty() || lower(value_of(sections, "Precedence")) == "bulk";
}

/// So that one customer's bad list does not sink everybody: until a person lets it go on.
Result<> check_pause(const spool::Message& message, const directory::Snapshot& directory) {
  const directory::Account* account = directory.account(message.account);
  if (!message.is_bulk || account == nullptr || !account->bulk_pause.is_paused) {
    return {};
  }
  const directory::BulkPause& pause = account->bulk_pause;
  return fail(Errc::invalid, "450 4.7.1 bulk mail of this account is paused since " +
                                 format_time(pause.changed) + " (" + printable(pause.why, 200) +
                                 "): it is taken again once the operator lets it go on");
}

/// By which Google adds up complaints of bulk mail: three names of our choice, the rarest first,
/// and one of 5 to 15 characters that all mail of this installation has.
std::string feedback_id(const spool::Message& message, std::string_view hostname) {
  std::string sender;
  for (const char c : hostname) {
    if (is_digit(c) || is_alpha(c)) {
      sender.push_back(to_lower(c));
    }
  }
  sender.erase(0, sender.size() - std::min(sender.size(), kFeedbackSenderMax));
  sender.append(sender.size() < kFeedbackSenderMin ? "postrider" : "");
  return "Feedback-ID: " + message.from_domain + ":" + to_string(message.account) +
         ":bulk:" + sender + "\r\n";
}

/// A sender who has one of the two fields has thought of the other.
bool has_unsubscribe(const mail::Sections& sections) {
  return mail::find_field(sections.fields, "List-Unsubscribe") != nullptr ||
         mail::find_field(sections.fields, "List-Unsubscribe-Post") != nullptr;
}

/// The message as it will be stored, in one copy.
std::string compose(const std::string& content, const mail::Sections& sections,
                    const std::string& added) {
  std::string out;
  out.reserve(added.size() + content.size() + 2);
  out += added;
  std::size_t kept = 0;  // what lies before has been copied or left out
  for (const mail::Field& field : sections.fields) {
    if (is_removed(field.name)) {
      out.append(content, kept, field.offset - kept);
      kept = field.offset + field.whole.size();
    } else if (const std::size_t colon = field.whole.find(':');
               !field.name.empty() && colon != field.name.size()) {
      // White space before the colon is obsolete (RFC 5322, 4.5), and verifiers of DKIM refuse it.
      out.append(content, kept, field.offset + field.name.size() - kept);
      kept = field.offset + colon;
    }
  }
  out.append(content, kept);
  if (!sections.has_separator) {
    out += "\r\n";
  }
  return out;
}

}  // namespace

Result<Prepared> prepare(Submission& submission, MessageId id, const directory::Snapshot& directory,
                         const Installation& installation, Time now) {
  const mail::Sections sections = mail::split_message(submission.content);
  TRY_VOID(check_lines(submission.content, sections));
  TRY_VOID(check_charset(sections, submission.envelope.smtputf8));
  TRY(Author author, find_author(sections, submission.account, directory));
  TRY(Instructions instructions, read_instructions(sections.fields));
  Prepared prepared;
  prepared.fresh = std::make_shared<queue::Fresh>();
  spool::Message& message = prepared.fresh->message;
  message.id = id;
  message.account = submission.account;
  message.accepted = now;
  message.from_domain = std::move(author.domain);
  message.is_bulk = is_bulk(sections, instructions, submission.origin.stream);
  TRY_VOID(check_pause(message, directory));
  message.labels = std::move(instructions.labels);
  prepared.header_from = std::move(author.addresses);
  prepared.subject = printable(value_of(sections, "Subject"), kSubjectMax);

  std::string added = received_line(submission.origin, installation.hostname, to_string(id),
                                    submission.envelope, now);
  if (mail::find_field(sections.fields, "Date") == nullptr) {
    added.append("Date: ").append(mail::format_date(now)).append("\r\n");
  }
  if (mail::find_field(sections.fields, "Message-ID") == nullptr) {
    // Gmail limits by Message-ID: in bulk mail each copy gets one when it is rendered.
    message.lacks_message_id = message.is_bulk;
    if (!message.is_bulk) {
      added.append("Message-ID: <").append(to_string(id)).append("@");
      added.append(message.from_domain).append(">\r\n");
    }
  }
  if (message.is_bulk && mail::find_field(sections.fields, "Feedback-ID") == nullptr) {
    added += feedback_id(message, installation.hostname);
  }
  if (message.is_bulk && !has_unsubscribe(sections)) {
    const delivery::WaysOut ways = delivery::ways_out(message.account, message.from_domain,
                                                      directory, installation.unsubscribe_mail);
    message.lacks_unsubscribe = ways.any();
    prepared.has_links = !ways.page_host.empty();
  }
  auto content = std::make_shared<const std::string>(compose(submission.content, sections, added));
  describe(message, *content);
  message.envelope = std::move(submission.envelope);
  prepared.fresh->content = std::move(content);
  add_tracking(prepared, directory, instructions);
  return prepared;
}

void describe(spool::Message& message, std::string_view content) {
  const mail::ContentFacts facts = mail::inspect(content);
  message.size = content.size();
  message.has_eight_bit_header = facts.has_eight_bit_header;
  message.has_eight_bit_body = facts.has_eight_bit_body;
  message.has_dot_lines = facts.has_dot_lines;
  message.has_long_lines = facts.longest_line > kLongestDataLine;
}

}  // namespace postrider::relay
