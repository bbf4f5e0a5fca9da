#include "mail/dsn.h"

#include <algorithm>

#include "base/text.h"
#include "mail/header.h"
#include "mail/sha256.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kLineWidth = 78;
// Lines of a message end at 998 bytes, and a reply need not have a space to fold at.
constexpr std::size_t kLongestForeign = 500;

struct Wording {
  std::string_view action;
  std::string_view subject;
  std::string_view explanation;
};

/// In the order of DsnAction.
constexpr Wording kWordings[] = {
    {"failed", "Undelivered mail returned to sender",
     "Your message could not be delivered to the recipients below. It will not be\r\n"
     "tried again.\r\n"},
    {"delayed", "Mail delayed (still being tried)",
     "Your message has not been delivered to the recipients below yet. It is still\r\n"
     "being tried: you need not send it again.\r\n"},
    {"delivered", "Mail delivered", "Your message was delivered to the recipients below.\r\n"},
    {"relayed", "Mail relayed",
     "Your message was handed on, for the recipients below, to a system that does not\r\n"
     "report deliveries.\r\n"},
    {"expanded", "Mail delivered to a list",
     "Your message was delivered to the lists below and goes to their members.\r\n"},
};

const Wording& wording(DsnAction action) {
  return kWordings[static_cast<std::size_t>(action)];
}

/// Folded at spaces where it grows too wide; several in a row count as one, or a line of nothing
/// else might come out.
void append_folded(std::string& out, std::string_view name, std::string_view value) {
  std::string line = std::string(name) + ":";
  for (const std::string_view word : split(value, ' ')) {
    if (word.empty()) {
      continue;
    }
    if (line.size() + 1 + word.size() > kLineWidth && line.size() > name.size() + 1) {
      out += line + "\r\n";
      line.clear();
    }
    line.append(" ").append(word);
  }
  out += line + "\r\n";
}

class Builder {
 public:
  explicit Builder(const DsnMessage& report);
  std::string build() const;

 private:
  std::string header(bool is_eight_bit) const;
  std::string explanation() const;
  std::string status() const;
  std::string recipient_status(const DsnRecipient& recipient) const;
  std::string returned() const;
  std::string part(std::string_view type, std::string_view content) const;
  std::string foreign(std::string_view text) const;  ///< from the peer or the sender
  bool is_reported(DsnAction action) const;
  std::string_view subject() const;

  const DsnMessage& report_;
  std::string_view returned_;          ///< of the original: all of it, or its header
  bool has_eight_bit_header_ = false;  ///< the original
  bool is_global_ = false;             ///< RFC 6533: addresses beyond ASCII, and types for them
  std::string boundary_;
};

/// One that what is returned does not contain, whoever wrote it.
std::string boundary_for(const DsnMessage& report, std::string_view returned) {
  std::string seed = report.message_id;
  while (true) {
    const Sha256Digest digest = sha256(seed);
    std::string boundary = "=_" + hex({reinterpret_cast<const char*>(digest.data()), 12});
    if (returned.find("--" + boundary) == std::string_view::npos) {
      return boundary;
    }
    seed += '+';
  }
}

// A header of megabytes would come back with the report of each recipient.
constexpr std::size_t kReturnedHeaderMax = 64 * 1024;

/// Its fields from the front, as far as they fit.
std::string_view returned_header(const Sections& sections) {
  std::size_t size = 0;
  for (const Field& field : sections.fields) {
    if (field.offset + field.whole.size() > kReturnedHeaderMax) {
      break;
    }
    size = field.offset + field.whole.size();
  }
  return sections.header.substr(0, size);
}

Builder::Builder(const DsnMessage& report) : report_(report) {
  const std::string_view header = returned_header(split_message(report.original));
  returned_ = report.full ? report.original : header;
  has_eight_bit_header_ = !is_ascii(header);
  boundary_ = boundary_for(report, returned_);
  is_global_ =
      !report.to.is_ascii() ||
      std::ranges::any_of(report.recipients, [](const DsnRecipient& recipient) {
        return !recipient.final_recipient.is_ascii() || !is_ascii(recipient.original_recipient);
      });
}

bool Builder::is_reported(DsnAction action) const {
  return std::ranges::any_of(report_.recipients, [action](const DsnRecipient& recipient) {
    return recipient.action == action;
  });
}

std::string_view Builder::subject() const {
  for (const DsnAction action : {DsnAction::failed, DsnAction::delayed, DsnAction::delivered,
                                 DsnAction::relayed, DsnAction::expanded}) {
    if (is_reported(action)) {
      return wording(action).subject;
    }
  }
  return "Mail delivery report";
}

std::string Builder::header(bool is_eight_bit) const {
  std::string out;
  append_folded(out, "From", "Mail Delivery System <mailer-daemon@" + report_.reporting_mta + ">");
  append_folded(out, "To", "<" + to_string(report_.to) + ">");
  append_folded(out, "Subject", subject());
  append_folded(out, "Date", format_date(report_.now));
  append_folded(out, "Message-ID", report_.message_id);
  append_folded(out, "Auto-Submitted", "auto-replied");
  append_folded(out, "MIME-Version", "1.0");
  append_folded(out, "Content-Type",
                "multipart/report; report-type=delivery-status; boundary=\"" + boundary_ + "\"");
  if (is_eight_bit) {
    append_folded(out, "Content-Transfer-Encoding", "8bit");
  }
  return out + "\r\n";
}

std::string Builder::part(std::string_view type, std::string_view content) const {
  std::string out = "--" + boundary_ + "\r\n";
  append_folded(out, "Content-Type", type);
  if (!is_ascii(content)) {
    append_folded(out, "Content-Transfer-Encoding", "8bit");
  }
  out += "\r\n";
  out += content;
  // The line end in front of a boundary is the boundary's own.
  return out + "\r\n";
}

/// One line, and ASCII where nothing else may stand.
std::string Builder::foreign(std::string_view text) const {
  std::string out = printable(text, kLongestForeign);
  if (!is_global_) {
    std::ranges::replace_if(out, [](char c) { return static_cast<unsigned char>(c) >= 0x80; }, '?');
  }
  return out;
}

std::string Builder::explanation() const {
  std::string out = "This is the mail system at " + report_.reporting_mta + ".\r\n";
  for (const DsnAction action : {DsnAction::failed, DsnAction::delayed, DsnAction::delivered,
                                 DsnAction::relayed, DsnAction::expanded}) {
    if (!is_reported(action)) {
      continue;
    }
    out += "\r\n";
    out += wording(action).explanation;
    for (const DsnRecipient& recipient : report_.recipients) {
      if (recipient.action != action) {
        continue;
      }
      out += "\r\n<" + to_string(recipient.final_recipient) + ">\r\n";
      if (!recipient.diagnostic.empty()) {
        const std::string who =
            recipient.remote_mta.empty() ? "Reason" : foreign(recipient.remote_mta) + " said";
        append_folded(out, "  " + who, foreign(recipient.diagnostic));
      }
      if (recipient.will_retry_until) {
        out += "  It will be tried until " + format_date(*recipient.will_retry_until) + ".\r\n";
      }
    }
  }
  return out;
}

std::string Builder::recipient_status(const DsnRecipient& recipient) const {
  const auto& final_recipient = recipient.final_recipient;
  std::string out;
  if (!recipient.original_recipient.empty()) {
    append_folded(out, "Original-Recipient", foreign(recipient.original_recipient));
  }
  append_folded(out, "Final-Recipient",
                (final_recipient.is_ascii() ? "rfc822; " : "utf-8; ") + to_string(final_recipient));
  append_folded(out, "Action", to_string(recipient.action));
  append_folded(out, "Status", recipient.status);
  if (!recipient.remote_mta.empty()) {
    append_folded(out, "Remote-MTA", "dns; " + foreign(recipient.remote_mta));
  }
  if (!recipient.diagnostic.empty()) {
    append_folded(out, "Diagnostic-Code", "smtp; " + foreign(recipient.diagnostic));
  }
  if (recipient.last_attempt) {
    append_folded(out, "Last-Attempt-Date", format_date(*recipient.last_attempt));
  }
  if (recipient.will_retry_until) {
    append_folded(out, "Will-Retry-Until", format_date(*recipient.will_retry_until));
  }
  return out;
}

std::string Builder::status() const {
  std::string out;
  if (!report_.envelope_id.empty()) {
    append_folded(out, "Original-Envelope-Id", foreign(report_.envelope_id));
  }
  append_folded(out, "Reporting-MTA", "dns; " + report_.reporting_mta);
  append_folded(out, "Arrival-Date", format_date(report_.arrived));
  for (const DsnRecipient& recipient : report_.recipients) {
    out += "\r\n" + recipient_status(recipient);
  }
  return out;
}

std::string Builder::returned() const {
  const bool global = has_eight_bit_header_;
  if (report_.full) {
    return part(global ? "message/global" : "message/rfc822", returned_);
  }
  return part(global ? "message/global-headers" : "text/rfc822-headers", returned_);
}

std::string Builder::build() const {
  const std::string parts =
      part("text/plain; charset=utf-8", explanation()) +
      part(is_global_ ? "message/global-delivery-status" : "message/delivery-status", status()) +
      returned();
  return header(!is_ascii(parts)) + parts + "--" + boundary_ + "--\r\n";
}

}  // namespace

std::string_view to_string(DsnAction action) {
  return wording(action).action;
}

std::string build_dsn(const DsnMessage& report) {
  return Builder(report).build();
}

}  // namespace postrider::mail
