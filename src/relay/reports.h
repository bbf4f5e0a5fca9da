// When a sender is to be told of a recipient's fate, and the report itself.
// RFC 3461, 4.1 and 5.2. Pure but for a look into the directory; any thread.
#pragma once

#include <optional>
#include <string>

#include "delivery/disposition.h"
#include "directory/directory.h"
#include "mail/dsn.h"
#include "spool/message.h"

namespace postrider::relay {

/// Nothing: no report. The directory is asked only where outcome and NOTIFY leave that open.
std::optional<mail::DsnAction> report_wanted(const spool::Message& message,
                                             const delivery::Attempt& attempt,
                                             const delivery::Disposition& disposition,
                                             const directory::Directory& directory);

struct ReportFacts {
  const spool::Message& message;
  const delivery::Attempt& attempt;
  mail::DsnAction action = mail::DsnAction::failed;
  bool is_expired = false;
  std::string_view content;  ///< of the original
  std::string hostname;
  MessageId id;  ///< of the report
  Time now;
  std::optional<Time> expires;
};
/// The original goes along whole where RET=FULL asks for it and it has 64 KiB at most, else its
/// header.
std::string build_report(const ReportFacts& facts);

}  // namespace postrider::relay
