// The machine-readable part of a report: RFC 3464 (message/delivery-status), RFC 6533 (its UTF-8
// form), read as leniently as it is written: blocks run together, fields before or behind each
// other, addresses without their type, the part itself found only as plain text.
//
// Pure; any thread; linear. Lines that are no such field are passed over.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "mail/dsn.h"

namespace postrider::bounce {

struct StatusRecipient {
  std::string final_recipient;     ///< without its type; empty if there is none
  std::string original_recipient;  ///< the same
  std::optional<mail::DsnAction> action;
  std::string status;           ///< "5.1.1"; empty if there is none
  std::string status_comment;   ///< what follows it in brackets
  std::string diagnostic;       ///< unfolded, lines joined by a space, without its type
  std::string diagnostic_type;  ///< lower case: "smtp", "x-postfix"
  std::string remote_mta;       ///< host name
};

struct DeliveryStatus {
  std::string reporting_mta;
  std::vector<StatusRecipient> recipients;
  bool is_cut = false;  ///< there were more than asked for
};
DeliveryStatus read_delivery_status(std::string_view text, std::size_t recipients_most);

/// "5.1.1" in `text`, not as a part of a longer dotted number; empty if there is none.
std::string_view find_enhanced(std::string_view text);
/// A reply's code (400 to 599) that stands alone in `text`; 0 if there is none.
int find_code(std::string_view text);
/// Where it stands; the length of `text` if there is none.
std::size_t code_offset(std::string_view text);

}  // namespace postrider::bounce
