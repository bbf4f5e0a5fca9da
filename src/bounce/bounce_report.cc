#include "bounce/bounce_report.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "bounce/charset.h"
#include "bounce/delivery_status.h"
#include "bounce/find_addresses.h"
#include "bounce/report_parts.h"
#include "bounce/report_words.h"
#include "bounce/ses_notice.h"
#include "bounce/text_report.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kTextMost = 2000;

std::string_view local_of(std::string_view address) {
  return address.substr(0, address.rfind('@'));
}
std::string_view domain_of(std::string_view address) {
  const auto at = address.rfind('@');
  return at == std::string_view::npos ? std::string_view() : address.substr(at + 1);
}

bool has_letters(std::string_view text) {
  return std::ranges::count_if(text, [](char c) {
           return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80;
         }) >= 4;
}

/// What Sun's Messaging Server delivers to: "ann@ims-ms-daemon".
bool is_channel(std::string_view address) {
  const std::string_view domain = domain_of(address);
  return domain.ends_with("-daemon") && domain.find('.') == std::string_view::npos;
}

/// What a status of a program that the recipient's mail goes through says in Sendmail's words: the
/// shell's, where there is no such program. Others leave it to the text for people.
std::string_view words_of_exit(const StatusRecipient& one) {
  const bool is_missing = one.diagnostic == "126" || one.diagnostic == "127";
  return one.diagnostic_type == "x-unix" && is_missing ? std::string_view("unknown mailer error")
                                                       : std::string_view(one.diagnostic);
}

/// Without what a notice repeats of our message ("Message details:  Subject: ...  MAIL FROM: ...").
std::string_view without_details(std::string_view notice, std::string_view lowered) {
  return notice.substr(0, lowered.find("message details:"));
}

/// One line, without control characters.
std::string tidy(std::string_view text) {
  std::string out;
  for (const char c : text.substr(0, kTextMost + 200)) {
    const bool is_white = c == ' ' || c == '\t' || c == '\r' || c == '\n';
    if (!is_white) {
      out.push_back(c);
    } else if (!out.empty() && out.back() != ' ') {
      out.push_back(' ');
    }
  }
  return printable(trim(out), kTextMost);
}

/// "host mx.example.net[192.0.2.1] said", as Postfix and Exim have it.
std::string_view host_in(std::string_view text) {
  for (auto at = text.find("host "); at != std::string_view::npos;
       at = text.find("host ", at + 1)) {
    const std::string_view rest = text.substr(at + 5);
    const std::string_view host =
        rest.substr(0, std::min(rest.find_first_of(" \t\r\n[(:,"), rest.size()));
    if (host.size() < 254 && host.find('.') != std::string_view::npos && is_ascii(host) &&
        is_printable(host)) {
      return host;
    }
  }
  return {};
}

class BounceReader {
 public:
  explicit BounceReader(std::string_view message) : parts_(read_report_parts(message)) {}

  /// A report inside of this one; empty: none.
  std::string_view enclosed() const { return parts_.enclosed; }

  BounceReport read() {
    report_.is_cut = parts_.is_cut;
    report_.message_id = parts_.returned.message_id;
    report_.own_id = parts_.returned.own_id;
    report_.return_path = parts_.returned.return_path;
    report_.notice = parts_.notice;
    lowered_ = lower(parts_.notice);
    if (parts_.is_receipt) {
      report_.autoreply = true;
      return std::move(report_);
    }
    if (auto notice = read_ses_notice(parts_.notice)) {
      if (notice->complaint.empty()) {
        status_ = std::move(notice->status);
        report_.message_id = notice->message_id;
        take_status();
      }
      return std::move(report_);
    }
    status_ = read_delivery_status(parts_.status, kRecipientsMost);
    report_.is_cut |= status_.is_cut;
    if (is_challenge()) {
      report_.autoreply = true;
      return std::move(report_);
    }
    look_into_text();
    if (!status_.recipients.empty()) {
      take_status();
    } else if (is_answer()) {
      report_.autoreply = true;
    } else if (is_report()) {
      take_text();
    }
    return std::move(report_);
  }

 private:
  bool is_from_system() const {
    return is_system_name(lower(local_of(parts_.from))) || parts_.from.empty() ||
           parts_.display.find("mail deliver") != std::string::npos;
  }

  /// A challenge may be dressed up as a report of failure; no server's reply is in it then.
  bool is_challenge() const {
    const auto replies = [](const StatusRecipient& one) {
      return one.diagnostic_type == "smtp" || find_code(one.diagnostic) != 0 ||
             one.diagnostic_type.starts_with("x-unix") ||
             one.diagnostic_type.starts_with("x-postfix");
    };
    if (parts_.status.empty()) {
      return false;
    }
    return !status_.recipients.empty() && std::ranges::none_of(status_.recipients, replies) &&
           !is_from_system() &&
           (says_challenge(lowered_) ||
            says_challenge(lower(status_.recipients.front().diagnostic)));
  }

  /// Of a person's mailbox or a ticket system, sent by a machine.
  bool is_answer() const {
    if (!parts_.failed.empty() || (is_from_system() && says_failure(parts_.subject + lowered_))) {
      return false;
    }
    if (says_absence(parts_.subject)) {
      return true;
    }
    // Reports call themselves automatic as well, and rightly.
    const bool reports = firm_ && (says_failure(parts_.subject) || find_code(parts_.notice) != 0);
    return (parts_.is_automatic && !reports) ||
           (says_challenge(lowered_) && find_code(parts_.notice) == 0);
  }

  /// What a person writes in answer to a report quotes it.
  bool is_persons_answer() const {
    static constexpr auto kAnswers = std::to_array<std::string_view>(
        {"re:", "aw:", "antw:", "sv:", "odp:", "r:", "rv:", "res:"});
    return !is_from_system() && std::ranges::any_of(kAnswers, [&](std::string_view prefix) {
      return parts_.subject.starts_with(prefix);
    });
  }

  bool is_report() const {
    if (parts_.failed.empty() && is_persons_answer()) {
      return false;
    }
    return !parts_.failed.empty() || says_failure(parts_.subject) ||
           (is_from_system() && says_delay(parts_.subject + lowered_)) ||
           (is_from_system() && says_failure(lowered_)) ||
           (says_failure(lowered_) && (parts_.is_report || firm_));
  }

  void look_into_text() {
    TextQuestion question;
    question.others = parts_.others;
    question.domain = domain_of(parts_.from);
    question.recipients_most = kRecipientsMost;
    named_ = find_recipients(parts_.notice, question);
    firm_ = std::ranges::any_of(named_, &TextRecipient::is_firm);
    if (named_.empty() && parts_.failed.empty()) {
      // Some systems report to the recipient or in its name, and people write to themselves.
      question.others.clear();
      auto named = find_recipients(parts_.notice, question);
      firm_ = !named.empty() && std::ranges::all_of(named, &TextRecipient::is_firm);
      if (firm_) {
        named_ = std::move(named);
      }
    }
  }

  const TextRecipient* named(std::string_view address) const {
    const auto found = std::ranges::find_if(named_, [&](const TextRecipient& one) {
      return equal_ignoring_case(one.address, address);
    });
    return found == named_.end() ? nullptr : &*found;
  }

  mail::DsnAction action_of_text() const {
    const bool late =
        says_delay(parts_.subject) ||
        (says_delay(lowered_) && !says_for_good(lowered_) && !says_for_good(parts_.subject));
    return late && !says_for_good(parts_.subject) ? mail::DsnAction::delayed
                                                  : mail::DsnAction::failed;
  }

  void take_status() {
    for (const StatusRecipient& one : status_.recipients) {
      ReportedRecipient taken;
      taken.is_status = true;
      taken.recipient = one.final_recipient;
      taken.original_recipient = one.original_recipient;
      if (taken.recipient.find('@') == std::string::npos || is_channel(taken.recipient)) {
        taken.recipient = address_in_place_of(one);
      }
      if (taken.recipient.empty()) {
        continue;
      }
      if (equal_ignoring_case(taken.recipient, taken.original_recipient)) {
        taken.original_recipient.clear();
      }
      taken.action = one.action.value_or(action_of_text());
      taken.mta = printable(one.remote_mta.empty() ? status_.reporting_mta : one.remote_mta, 255);
      const std::string_view diagnostic = words_of_exit(one);
      fill_in(taken, diagnostic.empty() ? one.status_comment : diagnostic, one.status);
      report_.recipients.push_back(std::move(taken));
    }
  }

  /// Final-Recipient may be a file, a pipe, a channel of the host or missing.
  std::string address_in_place_of(const StatusRecipient& one) const {
    if (one.original_recipient.find('@') != std::string::npos) {
      return one.original_recipient;
    }
    const bool alone = status_.recipients.size() == 1;
    if (alone && !parts_.failed.empty()) {
      return parts_.failed.front();
    }
    if (alone && !named_.empty()) {
      return named_.front().address;
    }
    if (alone && parts_.returned.to.size() == 1) {
      return parts_.returned.to.front();
    }
    return one.final_recipient;
  }

  void take_text() {
    std::vector<TextRecipient> failed;
    for (const std::string& address : parts_.failed) {
      const TextRecipient* told = named(address);
      failed.push_back(
          {.address = address, .reason = told != nullptr ? told->reason : "", .is_firm = true});
    }
    // The text names whom the failed address was expanded to; where it names others, it is right.
    const bool disjoint = std::ranges::none_of(
        failed, [&](const TextRecipient& one) { return named(one.address) != nullptr; });
    if (failed.empty() || (firm_ && disjoint)) {
      failed = named_;
    }
    if (failed.empty() && parts_.returned.to.size() == 1 && parts_.enclosed.empty()) {
      failed.push_back({.address = parts_.returned.to.front(), .reason = "", .is_firm = false});
    }
    failed_count_ = failed.size();
    for (const TextRecipient& one : failed) {
      ReportedRecipient taken;
      taken.recipient = one.address;
      taken.action = action_of_text();
      fill_in(taken, one.reason, "");
      report_.recipients.push_back(std::move(taken));
    }
  }

  /// Diagnostics of a few signs ("255", "smtp; 550") leave it to the text for people.
  void fill_in(ReportedRecipient& taken, std::string_view diagnostic, std::string_view status) {
    std::string_view text = diagnostic;
    if (!has_letters(text)) {
      const TextRecipient* told = named(taken.recipient);
      text = told != nullptr && has_letters(told->reason) ? std::string_view(told->reason) : text;
    }
    const bool is_mute = find_code(text) == 0 && find_enhanced(text).empty();
    const bool has_reply = find_code(parts_.notice) != 0;
    if (is_alone() && (!has_letters(text) || (is_mute && has_reply && !taken.is_status))) {
      text = without_details(parts_.notice, lowered_);
    }
    const std::string_view source = find_code(diagnostic) != 0 ? diagnostic : text;
    taken.code = find_code(source);
    // Of the replies in a transcript, the one that refuses.
    const std::string_view reply = source.substr(code_offset(source));
    const std::string_view in_reply = find_enhanced(reply);
    const std::string_view said = in_reply.empty() ? find_enhanced(source) : in_reply;
    const bool vague = status.empty() || status.ends_with(".0.0");
    taken.enhanced = !said.empty() && (vague || !said.ends_with(".0.0")) ? said : status;
    taken.text = tidy(text);
    if (taken.mta.empty()) {
      taken.mta = host_in(text);
    }
  }

  bool is_alone() const {
    return status_.recipients.size() + (status_.recipients.empty() ? failed_count_ : 0) <= 1;
  }

  ReportParts parts_;
  BounceReport report_;
  DeliveryStatus status_;
  std::vector<TextRecipient> named_;
  std::string lowered_;
  std::size_t failed_count_ = 0;
  bool firm_ = false;
};

}  // namespace

BounceReport read_bounce(std::string_view message) {
  BounceReader reader(message);
  BounceReport report = reader.read();
  // A gateway may pass on somebody's report in one of its own that says nothing.
  if (report.recipients.empty() && !reader.enclosed().empty()) {
    const BounceReport inner = BounceReader(reader.enclosed()).read();
    return inner.recipients.empty() ? report : inner;
  }
  return report;
}

}  // namespace postrider::bounce
