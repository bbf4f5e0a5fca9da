// Delivery status notifications that we send to a message's own sender.
//
// RFC 3461 (when, and with what), RFC 3464 (message/delivery-status), RFC 6522 (multipart/report),
// RFC 3834 (Auto-Submitted), RFC 6533 (UTF-8 addresses). Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "mail/address.h"

namespace postrider::mail {

enum class DsnAction : std::uint8_t { failed, delayed, delivered, relayed, expanded };
std::string_view to_string(DsnAction action);  ///< as the Action field has it (RFC 3464, 2.3.3)

struct DsnRecipient {
  Address final_recipient;
  std::string original_recipient;  ///< "rfc822;ann@example.net"; empty if none was given
  DsnAction action = DsnAction::failed;
  std::string status;      ///< "5.1.1"
  std::string remote_mta;  ///< host name; empty if there was none
  std::string diagnostic;  ///< "550 5.1.1 no such user"; empty if none
  std::optional<Time> last_attempt;
  std::optional<Time> will_retry_until;
};

struct DsnMessage {
  std::string reporting_mta;  ///< our host name
  Address to;                 ///< the reverse path of the original
  std::string envelope_id;    ///< ENVID; empty if none
  std::string message_id;     ///< "<...>" for the report itself
  Time arrived;
  Time now;
  std::vector<DsnRecipient> recipients;
  std::string_view original;  ///< the whole original message
  bool full = false;          ///< RET=FULL: it goes along whole; else only its header is read
};

/// The report as a message, CRLF lines, ready to be sent with a null reverse path. 7-bit unless an
/// address or the original needs more.
std::string build_dsn(const DsnMessage& report);

}  // namespace postrider::mail
