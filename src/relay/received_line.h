// Where a mail came from, and the Received: line that tells it.
// RFC 5321, 4.4; RFC 3848 and RFC 6531, 4.3 (names of protocols). Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "directory/directory.h"
#include "smtp/server_session.h"
#include "smtp/transaction.h"

namespace postrider::relay {

/// Where a mail came from; what Received: tells.
struct Origin {
  std::string helo;
  std::string client;                                       ///< address, without port
  std::string protocol;                                     ///< "ESMTPSA", "HTTP", ... (RFC 3848)
  std::string user;                                         ///< credential
  std::string session;                                      ///< for the log
  directory::Stream stream = directory::Stream::automatic;  ///< the credential's
};

std::string protocol_of(const smtp::SessionInfo& session, const smtp::Envelope& envelope);

/// Ends in CRLF. `id`: of the message here. A single recipient is named.
std::string received_line(const Origin& origin, std::string_view hostname, std::string_view id,
                          const smtp::Envelope& envelope, Time now);

}  // namespace postrider::relay
