// A TCP connection, in the clear or under TLS, each of whose waits has a deadline. The one way in
// which Postrider reads from and writes to the network.
//
// Reading goes through a buffer that the caller looks into: fill() waits for more bytes, buffered()
// shows what is there, consume() takes. Protocol code parses where the bytes lie and copies
// nothing.
//
// TLS is OpenSSL on the socket itself (SSL_set_fd, waiting for readiness): 14 kB an idle session
// against 71 kB of asio::ssl::stream, and no copy in between. When TLS starts, whatever the peer
// had already sent in the clear is an attack (RFC 3207, 6; CVE-2011-0411): the handshake then
// fails.
//
// Thread: the one of the executor that the socket came with. One fill and one write at a time, also
// side by side, each with its own deadline.
// Errors: timeout (the deadline passed; after a fill with no write beside it the stream can still
// be written to, so that a server can say why it leaves; after anything else it is closed), closed
// (by either side, or the wait was cancelled: is_open() tells), invalid (TLS broke), unavailable
// (anything else the kernel reports, in its words).
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "net/deadline.h"

namespace postrider::net {

class TlsServer;
class TlsClient;

/// What was agreed in a handshake.
struct TlsInfo {
  std::string version;       ///< "TLSv1.3"
  std::string cipher;        ///< "TLS_AES_256_GCM_SHA384"
  bool verified = false;     ///< the peer's certificate was checked against names and roots
  std::string peer_problem;  ///< why it would not have passed; empty if it did or was not asked for
};

class Stream {
 public:
  explicit Stream(boost::asio::ip::tcp::socket socket);
  ~Stream();
  Stream(Stream&&) noexcept;
  Stream& operator=(Stream&&) noexcept;

  /// What has been received and not consumed; valid until the next fill() or consume().
  std::string_view buffered() const;
  void consume(std::size_t count);

  /// Waits until at least one more byte lies in the buffer. Errc::closed at the peer's end of
  /// stream. The buffer grows as needed: a caller bounds what it lets stand unconsumed.
  boost::asio::awaitable<Result<>> fill(Deadline deadline);

  /// As fill(), but gives the buffer's memory back while it waits; for connections that idle.
  /// Call only with an empty buffer.
  boost::asio::awaitable<Result<>> fill_when_idle(Deadline deadline);

  /// Ends a fill that waits with Errc::closed, and leaves the stream open.
  void interrupt_fill();

  /// As fill(), but takes at most `most` bytes from the socket; for what stands in front of a TLS
  /// handshake and must not swallow a part of it.
  boost::asio::awaitable<Result<>> fill_at_most(std::size_t most, Deadline deadline);

  /// Returns when the kernel has taken everything; `bytes` must live until then: await in place.
  boost::asio::awaitable<Result<>> write(std::string_view bytes, Deadline deadline);
  boost::asio::awaitable<Result<>> write(std::span<const std::string_view> pieces,
                                         Deadline deadline);

  /// Errc::invalid if bytes lie in the buffer already, or if the handshake fails.
  boost::asio::awaitable<Result<>> accept_tls(std::shared_ptr<const TlsServer> server,
                                              Deadline deadline);
  /// `host` is sent as SNI and, if the client verifies, checked against the certificate.
  boost::asio::awaitable<Result<>> connect_tls(std::shared_ptr<const TlsClient> client,
                                               std::string host, Deadline deadline);
  const std::optional<TlsInfo>& tls() const;

  boost::asio::ip::tcp::endpoint local() const;
  boost::asio::ip::tcp::endpoint remote() const;

  /// False once the peer has closed or something has come unasked: looks without waiting.
  bool is_quiet();

  /// Tells the peer that nothing more comes, then reads and discards (at most `most` bytes) until
  /// it closes too or the deadline passes, and closes. A plain close() resets the connection where
  /// the peer's bytes are still unread, and the reset may take our last words with it (RFC
  /// 1122, 4.2.2.13).
  boost::asio::awaitable<void> close_gently(std::size_t most, Deadline deadline);

  /// Ends every wait. Under TLS a close_notify is tried, without waiting.
  void close();
  bool is_open() const;

 private:
  struct State;
  std::shared_ptr<State> state_;  // shared with the deadline timer's handler
};

}  // namespace postrider::net
