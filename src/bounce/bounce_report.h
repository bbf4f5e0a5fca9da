// Bounce mails and their cousins: who was not reached, why, and which of our messages it was.
//
// RFC 3464 (delivery status), RFC 6522 (multipart/report), RFC 3834 (automatic answers), RFC 8098
// (read receipts), X-Failed-Recipients (Exim), and reports that are text for people only, in any
// language and character set.
//
// Everything in a report is what its sender says, and anyone can send one: nothing may follow from
// it before `own_id` or the address it came to has been verified (mail/return_path.h).
// Pure; any thread; work and memory are bounded (mime_reader.h, and the limits below).
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bounce/classifier.h"
#include "bounce/taxonomy.h"
#include "mail/dsn.h"

namespace postrider::bounce {

inline constexpr std::size_t kRecipientsMost = 1000;

struct ReportedRecipient {
  std::string recipient;           ///< as the report has it
  std::string original_recipient;  ///< RFC 3461's ORCPT; empty: none, or the same
  mail::DsnAction action = mail::DsnAction::failed;
  int code = 0;                    ///< 400 to 599; 0: none
  std::string enhanced;            ///< "5.1.1"; empty: none
  std::string text;                ///< UTF-8, one line, without control characters
  std::string mta;                 ///< the host that said it, or the one that reports
  bool is_status = false;          ///< from an RFC 3464 part
  std::optional<Verdict> verdict;  ///< once judged; none of mail that arrived
};

struct BounceReport {
  std::vector<ReportedRecipient> recipients;
  std::string message_id;   ///< of the message that is reported on; empty: not found
  std::string own_id;       ///< its X-Postrider-Id, not verified
  std::string return_path;  ///< its return path, not verified
  std::string notice;       ///< the report's text for people, or what can be read of it
  bool autoreply = false;   ///< an automatic answer, a challenge or a read receipt: no bounce
  bool is_cut = false;      ///< there was more than the limits let us read
};

/// No recipients: `message` is no report, or none that names anybody.
BounceReport read_bounce(std::string_view message);

/// Gives each recipient that was not reached a verdict.
void judge(BounceReport& report, const Classifier& classifier);

}  // namespace postrider::bounce
