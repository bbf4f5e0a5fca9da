// The server's side of an SMTP connection, from the greeting to QUIT: turns bytes into
// transactions, asks a handler about each step, and says what the handler answers. It has heard of
// no queue, no account and no storage, so the relay's submission, the simulator and the fuzz target
// all use it.
//
// RFC 5321; 1870 SIZE, 2034 ENHANCEDSTATUSCODES, 2920 PIPELINING, 3030 CHUNKING, 3207 STARTTLS,
// 3461 DSN, 4954 AUTH (PLAIN, LOGIN), 6152 8BITMIME, 6531 SMTPUTF8, 9422 LIMITS; the PROXY protocol
// v1 and v2 and Postfix's XCLIENT from networks that are named.
//
// Strict where leniency has been an attack: every line ends in CRLF; a bare CR or LF in a command
// or in DATA is refused with 5xx and the connection closed (SMTP smuggling, CVE-2023-51764);
// whatever is pipelined behind STARTTLS closes the connection (CVE-2011-0411); commands before the
// banner count as errors; line, command, error and time budgets all end.
//
// Replies are gathered and written before the session waits for the client, so that a pipelined
// group of commands costs one packet. A session that waits for a command holds no buffers.
// Thread: the stream's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/network.h"
#include "net/stream.h"
#include "smtp/idle_sessions.h"
#include "smtp/reply.h"
#include "smtp/transaction.h"

namespace postrider::smtp {

/// What is known of a connection. PROXY and XCLIENT change `client`.
struct SessionInfo {
  std::string id;                         ///< for the log, unique in this process
  boost::asio::ip::tcp::endpoint client;  ///< whom we serve; the proxy's client behind a proxy
  boost::asio::ip::tcp::endpoint server;  ///< where the client connected to
  std::string helo;                       ///< as given, printable; empty before EHLO
  bool esmtp = false;                     ///< EHLO, not HELO
  std::optional<net::TlsInfo> tls;
  std::string user;  ///< authenticated as; empty if not
};

/// What a handler's owner decides. One for each connection; called by its session only, one call at
/// a time, and destroyed with it. A reply of 421, or one that says `close`, ends the session. An
/// exception ends it too and is logged as a bug.
class SessionHandler {
 public:
  virtual ~SessionHandler() = default;

  /// A positive reply is the greeting; any other is said instead of one and ends the session.
  virtual Reply connected(const SessionInfo& session) = 0;

  /// Whether user and password belong together: 235, 535 (wrong), 454 (can't tell now), 421.
  virtual boost::asio::awaitable<Reply> authenticate(const SessionInfo& session, std::string user,
                                                     std::string password) = 0;

  /// MAIL: `envelope` has no recipients yet. RCPT: `recipient` is not yet among them. The session
  /// has checked syntax, order, TLS, AUTH and its own limits before it asks.
  virtual boost::asio::awaitable<Reply> mail(const SessionInfo& session,
                                             const Envelope& envelope) = 0;
  virtual boost::asio::awaitable<Reply> recipient(const SessionInfo& session,
                                                  const Envelope& envelope,
                                                  const Recipient& recipient) = 0;

  /// DATA or the first BDAT, before the content: 354 (or 250) to go on.
  virtual boost::asio::awaitable<Reply> data(const SessionInfo& session,
                                             const Envelope& envelope) = 0;

  /// The whole message, unstuffed, as it came (CRLF lines). A positive reply is a promise.
  virtual boost::asio::awaitable<Reply> message(const SessionInfo& session, Envelope envelope,
                                                std::string content) = 0;

  /// Asked while content comes. False: 452, and the rest of it is read and discarded.
  virtual bool has_memory() { return true; }

  /// The transaction that mail() opened is over without message(): RSET, EHLO, content that the
  /// session has refused. Not called where the session itself ends.
  virtual void reset() {}

  /// The session is over, called once and last, also where connected() never was (no TLS handshake,
  /// no PROXY header); `why` is for the log ("quit", "time-out in DATA", ...) and may hold what a
  /// handler said.
  virtual void ended(const SessionInfo& session, const std::string& why) = 0;
};

struct ServerTimeouts {  // RFC 5321, 4.5.3.2.7: 5 minutes between commands
  std::chrono::milliseconds greeting{std::chrono::seconds(10)};  ///< PROXY header or TLS handshake
  std::chrono::milliseconds command{std::chrono::minutes(5)};
  std::chrono::milliseconds data{std::chrono::minutes(10)};       ///< the whole content
  std::chrono::milliseconds data_block{std::chrono::minutes(3)};  ///< without a byte of it
  std::chrono::milliseconds data_grace{std::chrono::minutes(1)};  ///< until data_rate_min counts
  std::uint64_t data_rate_min = 256;  ///< bytes of content a second, on average; 0: none
  std::chrono::milliseconds write{std::chrono::minutes(2)};
};

struct ServerOptions {
  std::string hostname;                        ///< in the greeting and EHLO
  std::uint64_t message_bytes_max = 25 << 20;  ///< advertised by SIZE; 552 5.3.4 above
  std::uint32_t recipients_max = 1000;         ///< a transaction; 452 4.5.3 above; LIMITS RCPTMAX
  std::uint32_t transactions_max = 0;          ///< a session; 0: unlimited; LIMITS MAILMAX
  std::uint32_t errors_max = 20;               ///< 421 4.7.0 then; refusals count, too
  std::uint32_t command_bytes_max = 2048;      ///< 500 5.5.2 above (with AUTH: 12288, RFC 4954)
  std::uint32_t line_bytes_max = 0;            ///< of content; 0: unlimited; 554 5.6.0 above
  std::uint32_t header_bytes_max = 0;          ///< of a message; 0: unlimited; 552 5.3.4 above
  std::uint32_t hops_max = 50;                 ///< Received: lines; 554 5.4.6 above
  bool tls_required = false;                   ///< 530 5.7.0 before STARTTLS
  bool auth_offered = true;
  bool auth_required = true;   ///< 530 5.7.0 before AUTH
  bool auth_in_clear = false;  ///< offer and take AUTH without TLS
  bool implicit_tls = false;   ///< TLS before the greeting
  bool offers_pipelining = true;
  bool offers_chunking = true;
  bool offers_smtputf8 = true;
  bool offers_8bitmime = true;
  bool offers_dsn = true;
  ServerTimeouts timeouts;
  /// The PROXY protocol is expected from these, and refused from others.
  std::vector<net::Network> proxy_from;
  std::vector<net::Network> xclient_from;  ///< XCLIENT offered to these
  /// The context for STARTTLS or implicit TLS, asked for each handshake; none: not offered.
  std::function<std::shared_ptr<const net::TlsServer>()> tls;
};

/// Serves one connection to its end. `options` is shared, because a reload replaces it for sessions
/// to come. Cancellation (terminal): the client is told 421 4.3.2, unless it is in the middle of a
/// message, which it may finish within `timeouts.write`; then the session ends. A second
/// cancellation ends that wait too, and every other one for the client. What the handler waits for
/// is never interrupted by either. Returns normally. `idle`: the line of those that wait for a
/// command; whoever is asked to leave says 421 4.3.2.
boost::asio::awaitable<void> serve_session(net::Stream stream,
                                           std::shared_ptr<const ServerOptions> options,
                                           std::unique_ptr<SessionHandler> handler,
                                           std::string session_id, IdleSessions* idle = nullptr);

}  // namespace postrider::smtp
