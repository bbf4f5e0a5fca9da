// Inner part of net: users see stream.h. What a Stream consists of: socket, buffer, limits, TLS.
//
// Reading and writing have a limit each, which runs only while the kernel lets us wait. One that
// passes while nothing is being written leaves the connection open, for last words; any other
// closes it.
//
// Thread: the one of the socket's executor.
#pragma once

#include <chrono>
#include <memory>
#include <openssl/ssl.h>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "net/limit.h"
#include "net/page_pool.h"
#include "net/stream.h"

namespace postrider::net {

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

/// What is still to be written of several pieces.
class Unsent {
 public:
  explicit Unsent(std::span<const std::string_view> pieces) : pieces_(pieces) {}

  bool empty() const { return pieces_.empty(); }
  std::span<const std::string_view> pieces() const { return pieces_; }
  std::size_t skip() const { return skip_; }  ///< bytes of the first piece that have gone
  void advance(std::size_t sent);

 private:
  std::span<const std::string_view> pieces_;
  std::size_t skip_ = 0;
};

struct Stream::State : std::enable_shared_from_this<State> {
  using Socket = boost::asio::ip::tcp::socket;

  static constexpr std::size_t kFirstBuffer = kPageBytes;  // commands and replies
  static constexpr std::size_t kLargestStep = 256 * 1024;  // what one read asks for at most
  static constexpr std::chrono::seconds kKeepsBuffer{1};   // of silence

  explicit State(Socket s);

  Error explain(boost::system::error_code ec, const Limit& limit) const;
  void close_socket();

  // The buffer. Received bytes lie in [begin, end).
  std::string_view unread() const { return std::string_view(input.get() + begin, end - begin); }
  char* free_bytes() const { return input.get() + end; }
  std::size_t free_count() const { return capacity - end; }
  void release_buffer();
  void make_room();
  void resize_buffer(std::size_t wanted);
  void received(std::size_t count);

  boost::asio::awaitable<Result<>> wait(Socket::wait_type what, Limit& limit, Deadline deadline);
  boost::asio::awaitable<Result<>> read_plain(std::size_t most, Limit& limit, Deadline deadline);
  /// Sends until all is gone or the kernel takes no more (would_block).
  boost::system::error_code send_now(Unsent& unsent);
  boost::asio::awaitable<Result<>> write_plain(Unsent unsent, Deadline deadline);
  /// Nothing: what is left has to wait for the kernel, or goes through TLS.
  std::optional<Result<>> write_at_once(Unsent& unsent);
  boost::asio::awaitable<Result<>> write_rest(Unsent unsent, Deadline deadline);

  /// Runs an OpenSSL call until it succeeds, waiting for the socket as it asks. `call` returns what
  /// the SSL_ function returned.
  template <class Call>
  boost::asio::awaitable<Result<int>> run_tls(Call call, Limit& limit, Deadline deadline);
  boost::asio::awaitable<Result<>> read_tls(std::size_t most, Deadline deadline);
  boost::asio::awaitable<Result<>> write_tls(std::span<const std::string_view> pieces,
                                             Deadline deadline);
  Result<> begin_tls(SSL_CTX* context);
  /// That the certificate must name, and that the other side is asked for; an address only the
  /// former, because SNI (RFC 6066, 3) has no addresses.
  Result<> expect_name(const std::string& host);
  void describe_tls(bool verified);
  boost::asio::awaitable<Result<int>> shake_hands(bool accepts, Deadline deadline);
  void say_close_notify();

  Socket socket;
  Limit reading;
  Limit writing;
  int writes_waiting = 0;
  bool tls_broken = false;
  Buffer input;  ///< never zeroed: a string would be, for each message
  std::size_t capacity = 0;
  std::size_t comfortable = kFirstBuffer;  ///< size of an empty buffer
  std::size_t begin = 0;
  std::size_t end = 0;
  std::unique_ptr<SSL, SslFree> ssl;
  std::optional<TlsInfo> info;
};

}  // namespace postrider::net
