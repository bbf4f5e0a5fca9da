#include "bounce/report_parts.h"

#include <algorithm>
#include <array>
#include <cstddef>

#include "base/text.h"
#include "bounce/charset.h"
#include "bounce/find_addresses.h"
#include "bounce/html_text.h"
#include "bounce/mime_reader.h"
#include "bounce/report_words.h"
#include "bounce/text_report.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kStatusMost = 4 << 20;
constexpr std::size_t kReturnedMost = 256 << 10;
constexpr std::size_t kHtmlMost = 256 << 10;
constexpr std::size_t kTextMost = 128 << 10;
constexpr std::size_t kFailedMost = 1000;

bool is_blank(std::string_view text) {
  return trim(text).empty();
}

bool is_status_part(const MimePart& part) {
  return part.type == "message" && part.subtype.find("delivery-status") != std::string::npos;
}

/// A part that is our message or its head, by its type or, without one, by its fields.
bool is_returned_part(const MimePart& part) {
  if (part.depth == 0) {
    return part.is_typed && part.is("message", "rfc822");  // a complaint that is nothing but it
  }
  if (part.is("message", "rfc822") || part.is("message", "global") ||
      part.is("message", "partial") || part.subtype.starts_with("rfc822-header") ||
      part.subtype == "global-headers") {
    return true;
  }
  return !part.is_typed && (!part.field("Received").empty() || !part.field("From").empty() ||
                            !part.field("Return-Path").empty());
}

/// Our message as a text attachment of its own ("mailheaders.txt").
bool is_head_as_text(const MimePart& part) {
  const std::string name = lower(part.field("Content-Disposition"));
  return part.type == "text" && name.find("attachment") != std::string::npos &&
         name.find("header") != std::string::npos;
}

/// Fields of a status that stand in running text.
bool has_status_fields(std::string_view text) {
  const std::string lowered = lower(text.substr(0, kNoticeMost));
  return lowered.find("final-recipient:") != std::string::npos &&
         (lowered.find("action:") != std::string::npos ||
          lowered.find("status:") != std::string::npos);
}

/// A report of the kind of RFC 3464 or RFC 5965, or a mail system's words that say that mail
/// failed.
bool is_report_itself(std::string_view message) {
  bool is_from_system = false;
  bool tells_failure = false;
  for (const MimeField& field : read_head(message, true).fields) {
    if (equal_ignoring_case(field.name, "Content-Type")) {
      const std::string type = lower(field.value);
      if (type.contains("delivery-status") || type.contains("feedback-report")) {
        return true;
      }
    }
    if (equal_ignoring_case(field.name, "X-Failed-Recipients")) {
      return true;
    }
    if (equal_ignoring_case(field.name, "From")) {
      const auto from = find_addresses(field.value, 1);
      is_from_system = from.empty() || is_system_name(lower(from.front().text));
    } else if (equal_ignoring_case(field.name, "Subject")) {
      const std::string subject = lower(decode_words(field.value.substr(0, 2000)));
      tells_failure = says_failure(subject) || says_delay(subject);
    }
  }
  return is_from_system && tells_failure;
}

class PartsReader {
 public:
  explicit PartsReader(std::string_view message) : mime_(read_mime(message)) {}

  ReportParts read() {
    parts_.is_cut = mime_.is_cut;
    read_head_fields(mime_.parts.front());
    for (const MimePart& part : mime_.parts) {
      sort(part);
    }
    settle_notice();
    if (parts_.returned.reported_to.empty()) {
      const auto reader = find_addresses(mime_.parts.front().field("X-HmXmrOriginalRecipient"), 1);
      parts_.returned.reported_to = reader.empty() ? "" : std::string(reader.front().text);
    }
    return std::move(parts_);
  }

 private:
  void read_head_fields(const MimePart& root) {
    parts_.subject = lower(decode_words(root.field("Subject").substr(0, 2000)));
    parts_.display = lower(decode_words(root.field("From").substr(0, 2000)));
    const auto from = find_addresses(root.field("From"), 1);
    parts_.from = from.empty() ? "" : std::string(from.front().text);
    const std::string failures = decode_words(root.field("X-Failed-Recipients"));
    for (const FoundAddress& failed : find_addresses(failures, kFailedMost)) {
      parts_.failed.emplace_back(failed.text);
    }
    for (const std::string_view name : {"From", "To", "Reply-To", "Sender", "Return-Path",
                                        "Errors-To", "List-Post", "X-BeenThere"}) {
      for (const FoundAddress& other : find_addresses(root.field(name), 20)) {
        parts_.others.emplace_back(other.text);
      }
    }
    const std::string type = lower(root.field("Content-Type"));
    parts_.is_receipt = type.find("disposition-notification") != std::string::npos;
    parts_.is_report = type.find("multipart/report") != std::string::npos ||
                       trim(root.field("Return-Path")) == "<>";
    parts_.is_unsubscribe =
        !root.field("X-Apple-Unsubscribe").empty() || trim(parts_.subject) == "unsubscribe";
    parts_.is_automatic = is_automatic(root);
  }

  /// RFC 3834, and what came before it.
  static bool is_automatic(const MimePart& root) {
    const std::string submitted = lower(root.field("Auto-Submitted"));
    const std::string precedence = lower(root.field("Precedence"));
    static constexpr auto kSaying = std::to_array<std::string_view>(
        {"X-Autoreply", "X-Autorespond", "X-Autoresponse", "X-Auto-Reply-From", "X-Mail-Autoreply",
         "X-Vacation", "X-Autogenerated", "X-AutoReply-From"});
    return submitted.starts_with("auto-replied") || submitted.starts_with("auto-generated") ||
           precedence.starts_with("auto") || precedence == "junk" ||
           std::ranges::any_of(kSaying,
                               [&](std::string_view name) { return !root.field(name).empty(); });
  }

  void sort(const MimePart& part) {
    if (part.type == "multipart") {
      return;
    }
    if (is_status_part(part)) {
      parts_.status += decode_transfer(part.body, part.encoding, kStatusMost) + "\n\n";
    } else if (part.is("message", "feedback-report")) {
      parts_.feedback += decode_transfer(part.body, part.encoding, kTextMost);
    } else if (part.is("message", "disposition-notification")) {
      parts_.is_receipt = true;
    } else if (is_returned_part(part)) {
      read_returned_part(part);
    } else if (is_head_as_text(part)) {
      returned_text_ = text_of(part, kReturnedMost);
    } else if (part.is("text", "html")) {
      html_ += html_.size() < kHtmlMost ? text_of(part, kHtmlMost) : "";
    } else if (part.type == "text" && text_.size() < kTextMost) {
      text_ += text_of(part, kTextMost) + "\n";
    }
  }

  void read_returned_part(const MimePart& part) {
    if (part.is_typed) {
      std::string message = decode_transfer(part.body, part.encoding, kReturnedMost);
      keep_returned(read_returned(message));
      if (parts_.enclosed.empty() && is_report_itself(message)) {
        parts_.enclosed = std::move(message);
      }
      return;
    }
    // Its head is the part's head.
    const char* begin = part.fields.front().name.data();
    const auto size = static_cast<std::size_t>(part.body.data() + part.body.size() - begin);
    keep_returned(read_returned({begin, std::min(size, kReturnedMost)}));
  }

  void keep_returned(ReturnedMessage returned) {
    const ReturnedMessage& known = parts_.returned;
    if (known.message_id.empty() && known.own_id.empty() && known.to.empty()) {
      parts_.returned = std::move(returned);
    }
  }

  void settle_notice() {
    const std::string text = is_blank(text_) ? html_to_text(html_) : text_;
    if (parts_.status.empty() && has_status_fields(text)) {
      parts_.status = text;
    }
    const SplitNotice split = split_notice(text);
    parts_.notice = split.notice;
    if (parts_.returned.message_id.empty()) {
      keep_returned(read_returned(is_blank(split.returned) ? returned_text_ : split.returned));
    }
  }

  MimeMessage mime_;
  ReportParts parts_;
  std::string text_;
  std::string html_;
  std::string returned_text_;
};

}  // namespace

ReportParts read_report_parts(std::string_view message) {
  return PartsReader(message).read();
}

}  // namespace postrider::bounce
