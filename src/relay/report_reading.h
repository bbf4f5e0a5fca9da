// What a mail that came back says of recipients of ours, in the words of events, and which
// recipient it is about as far as its own content proves it.
//
// An id counts only with a token that we gave out: X-Postrider-Id, the return path or the
// Message-ID of the part that comes back, where they hold one. All else is the sender's word, and
// nothing follows from it.
//
// Pure; any thread; work and memory are bounded by the readers (bounce/mime_reader.h) and by
// kToldMost.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "bounce/classifier.h"
#include "events/event.h"
#include "mail/return_path.h"

namespace postrider::relay {

/// What is told of one recipient.
struct Told {
  events::Type type = events::Type::bounced;  ///< bounced, delayed or complained
  std::string address;                        ///< as the report has it; empty: not told
  std::string original;                       ///< RFC 3461's ORCPT, without its type
  int code = 0;                               ///< 0: none
  std::string enhanced;
  std::string text;  ///< UTF-8, one line
  std::string mta;
  std::string kind;  ///< bounce taxonomy
  std::string category;
  std::string rule;
};

struct ReportReading {
  static constexpr std::size_t kToldMost = 1000;

  std::vector<Told> told;        ///< none: nothing that an event would tell
  std::vector<RecipientId> ids;  ///< that the content proves, the surest first
  std::string what;              ///< what it is, for the log
};

/// Bounces and complaints, whichever it is. What the readers can't bear, they throw.
ReportReading read_report(std::string_view message, const mail::TokenKey& key,
                          const bounce::Classifier& classifier);

}  // namespace postrider::relay
