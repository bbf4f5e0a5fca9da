// A report's parts by what they are for: the notice for people, the status for machines, and what
// comes back of our message. Pure; any thread; bounded as mime_reader.h says.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "bounce/returned_message.h"

namespace postrider::bounce {

struct ReportParts {
  std::string notice;    ///< UTF-8, without what it quotes
  std::string status;    ///< fields of RFC 3464, wherever they stood; empty: none
  std::string feedback;  ///< fields of RFC 5965; empty: none
  ReturnedMessage returned;
  std::string enclosed;  ///< what comes back is a report itself: all of it, within bounds

  std::string subject;              ///< UTF-8, ASCII letters in lower case
  std::string from;                 ///< address; empty: none
  std::string display;              ///< the whole From, UTF-8, ASCII letters in lower case
  std::vector<std::string> failed;  ///< X-Failed-Recipients
  std::vector<std::string> others;  ///< addresses that the report came from and went to
  bool is_report = false;           ///< multipart/report, or sent with a null return path
  bool is_receipt = false;          ///< a read receipt
  bool is_unsubscribe = false;      ///< a mail program sent it to end a subscription
  bool is_automatic = false;        ///< its head says that a machine answered
  bool is_cut = false;
};
ReportParts read_report_parts(std::string_view message);

}  // namespace postrider::bounce
