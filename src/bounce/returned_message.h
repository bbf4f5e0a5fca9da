// What comes back of our own message in a report: its whole text, its head, or a quotation.
//
// All of it is the sender's word: an id of ours counts only once its token has been verified
// (mail/return_path.h). Pure; any thread; linear in the head.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bounce {

struct ReturnedMessage {
  std::string message_id;   ///< with its angle brackets where it has them; empty: not found
  std::string own_id;       ///< X-Postrider-Id, as it stands
  std::string return_path;  ///< address
  std::string from;         ///< address
  std::string subject;      ///< UTF-8
  std::string feedback_id;
  std::vector<std::string> to;  ///< addresses of To and Cc, 20 at most
  std::string reported_to;      ///< address that Microsoft names as the one that complained
};

/// `text` begins with the head, perhaps behind empty lines, perhaps indented or quoted by ">".
ReturnedMessage read_returned(std::string_view text);

}  // namespace postrider::bounce
