#include "relay/received_line.h"

#include "base/text.h"
#include "mail/address.h"
#include "mail/header.h"

namespace postrider::relay {
namespace {

/// As Extended-Domain asks: what is no name of ours to repeat would make the header 8-bit, or
/// another field of it.
std::string name_in_received(const std::string& helo) {
  return is_ascii(helo) && mail::make_address("x", helo) ? helo : "unknown";
}

/// TCP-info of RFC 5321, 4.4, without a zone: that is a name of this machine's.
std::string literal_of(const std::string& address) {
  const bool is_v6 = address.find(':') != std::string::npos;
  return (is_v6 ? "[IPv6:" : "[") + address.substr(0, address.find('%')) + "]";
}

}  // namespace

// HELO knows one name only.
std::string protocol_of(const smtp::SessionInfo& session, const smtp::Envelope& envelope) {
  if (!session.esmtp) {
    return "SMTP";
  }
  std::string protocol = envelope.smtputf8 ? "UTF8SMTP" : "ESMTP";
  protocol += session.tls ? "S" : "";
  protocol += session.user.empty() ? "" : "A";
  return protocol;
}

std::string received_line(const Origin& origin, std::string_view hostname, std::string_view id,
                          const smtp::Envelope& envelope, Time now) {
  std::string line = "Received: from " + name_in_received(origin.helo);
  line.append(" (").append(literal_of(origin.client)).append(")\r\n\tby ").append(hostname);
  line.append(" (Postrider) with ").append(origin.protocol);
  line.append(" id ").append(id);
  if (envelope.recipients.size() == 1) {
    line.append("\r\n\tfor <").append(mail::to_string(envelope.recipients[0].address)).append(">");
  }
  return line.append("; ").append(mail::format_date(now)).append("\r\n");
}

}  // namespace postrider::relay
