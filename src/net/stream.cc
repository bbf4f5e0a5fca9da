#include "net/stream.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/tls.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::size_t kFirstBuffer = 4096;        // commands and replies
constexpr std::size_t kLargestStep = 256 * 1024;  // what one read asks for at most

struct SslFree {
  void operator()(SSL* ssl) const { SSL_free(ssl); }
};

}  // namespace

// A deadline is one store. The timer is armed once and, when it fires early because the deadline
// has moved on, arms itself again: one timer operation a limit, not one a read.
struct Stream::State : std::enable_shared_from_this<State> {
  explicit State(tcp::socket s) : socket(std::move(s)), timer(socket.get_executor()) {}

  void expect_by(Deadline deadline, bool keep_open = false) {
    due = deadline;
    keeps_open = keep_open;
    timed_out = false;
    if (!armed || due < timer.expiry()) {
      arm();
    }
  }

  void relax() { due = Deadline::max(); }

  void arm() {
    armed = true;
    timer.expires_at(due);  // cancels the wait before, if any
    timer.async_wait([weak = weak_from_this()](error_code ec) {
      if (const auto self = weak.lock(); self && !ec) {
        self->on_timer();
      }
    });
  }

  void on_timer() {
    armed = false;
    if (due == Deadline::max()) {
      return;
    }
    if (std::chrono::steady_clock::now() < due) {
      arm();
      return;
    }
    timed_out = true;
    due = Deadline::max();
    if (!keeps_open) {
      close_socket();
      return;
    }
    error_code ignored;
    socket.cancel(ignored);
  }

  void close_socket() {
    error_code ignored;
    socket.close(ignored);
  }

  Error explain(error_code ec) const {
    if (timed_out) {
      return {Errc::timeout, "no answer within the limit"};
    }
    if (ec == asio::error::eof || ec == asio::error::connection_reset ||
        ec == asio::error::broken_pipe) {
      return {Errc::closed, "the peer closed the connection"};
    }
    if (ec == asio::error::operation_aborted || ec == asio::error::bad_descriptor) {
      return {Errc::closed, "the connection was closed here"};
    }
    return {Errc::unavailable, ec.message()};
  }

  std::string_view unread() const { return std::string_view(input.data() + begin, end - begin); }

  /// Room for at least one more byte behind end; doubles, because long messages come in long reads.
  void make_room() {
    if (begin == end) {
      begin = end = 0;
      if (input.size() < comfortable) {
        input.clear();
        input.resize(comfortable);
      }
    }
    if (end < input.size()) {
      return;
    }
    if (begin > input.size() / 2) {
      std::memmove(input.data(), input.data() + begin, end - begin);
      end -= begin;
      begin = 0;
      return;
    }
    input.resize(input.size() * 2);
  }

  /// A read that filled the buffer wanted more: the next empty buffer is larger.
  void received(std::size_t size) {
    end += size;
    if (end == input.size() && comfortable < kLargestStep) {
      comfortable *= 2;
    }
  }

  asio::awaitable<Result<>> read_plain(std::size_t most) {
    make_room();
    const std::size_t room = std::min(input.size() - end, most);
    const auto [ec, size] =
        co_await socket.async_read_some(asio::buffer(input.data() + end, room), kAsTuple);
    if (ec) {
      co_return fail(explain(ec));
    }
    received(size);
    co_return Result<>();
  }

  asio::awaitable<Result<>> write_plain(std::span<const std::string_view> pieces) {
    std::size_t skip = 0;  // bytes of pieces[0] that have gone
    while (!pieces.empty()) {
      std::array<iovec, 16> parts{};
      const std::size_t count = std::min(pieces.size(), parts.size());
      for (std::size_t i = 0; i < count; ++i) {
        const std::string_view piece = i == 0 ? pieces[0].substr(skip) : pieces[i];
        parts[i] = {.iov_base = const_cast<char*>(piece.data()), .iov_len = piece.size()};
      }
      const msghdr message{.msg_name = nullptr,
                           .msg_namelen = 0,
                           .msg_iov = parts.data(),
                           .msg_iovlen = count,
                           .msg_control = nullptr,
                           .msg_controllen = 0,
                           .msg_flags = 0};
      const ssize_t sent = ::sendmsg(socket.native_handle(), &message, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (sent < 0) {
        if (errno == EAGAIN || errno == EINTR) {
          CO_TRY_VOID(co_await wait(tcp::socket::wait_write));
          continue;
        }
        co_return fail(explain(error_code(errno, boost::system::system_category())));
      }
      std::size_t gone = static_cast<std::size_t>(sent) + skip;
      while (!pieces.empty() && gone >= pieces[0].size()) {
        gone -= pieces[0].size();
        pieces = pieces.subspan(1);
      }
      skip = gone;
    }
    co_return Result<>();
  }

  asio::awaitable<Result<>> wait(tcp::socket::wait_type what) {
    const auto [ec] = co_await socket.async_wait(what, kAsTuple);
    if (ec) {
      co_return fail(explain(ec));
    }
    co_return Result<>();
  }

  /// Runs an OpenSSL call until it succeeds, waiting for the socket as it asks. `call` returns what
  /// the SSL_ function returned.
  template <class Call>
  asio::awaitable<Result<int>> run_tls(Call call) {
    while (true) {
      ERR_clear_error();
      const int done = call();
      if (done > 0) {
        co_return done;
      }
      const int why = SSL_get_error(ssl.get(), done);
      if (why == SSL_ERROR_WANT_READ) {
        CO_TRY_VOID(co_await wait(tcp::socket::wait_read));
      } else if (why == SSL_ERROR_WANT_WRITE) {
        CO_TRY_VOID(co_await wait(tcp::socket::wait_write));
      } else if (why == SSL_ERROR_ZERO_RETURN || (why == SSL_ERROR_SYSCALL && errno == 0)) {
        co_return fail(explain(asio::error::eof));
      } else if (why == SSL_ERROR_SYSCALL) {
        tls_broken = true;
        co_return fail(explain(error_code(errno, boost::system::system_category())));
      } else {
        tls_broken = true;
        co_return fail(Errc::invalid, "TLS: " + openssl_error());
      }
      if (!socket.is_open()) {
        co_return fail(explain(asio::error::operation_aborted));
      }
    }
  }

  asio::awaitable<Result<>> read_tls(std::size_t most) {
    make_room();
    const auto room = static_cast<int>(std::min(input.size() - end, most));
    CO_TRY(const int got,
           co_await run_tls([&] { return SSL_read(ssl.get(), input.data() + end, room); }));
    received(static_cast<std::size_t>(got));
    co_return Result<>();
  }

  asio::awaitable<Result<>> write_tls(std::span<const std::string_view> pieces) {
    // Small pieces go out as one record: a record each would be a packet each.
    std::string joined;
    if (pieces.size() > 1) {
      for (const std::string_view piece : pieces) {
        joined += piece;
      }
    }
    std::string_view rest = pieces.size() > 1 ? joined : pieces.empty() ? "" : pieces[0];
    while (!rest.empty()) {
      const int size = static_cast<int>(std::min(rest.size(), kLargestStep));
      CO_TRY(const int sent,
             co_await run_tls([&] { return SSL_write(ssl.get(), rest.data(), size); }));
      rest.remove_prefix(static_cast<std::size_t>(sent));
    }
    co_return Result<>();
  }

  Result<> begin_tls(SSL_CTX* context) {
    if (begin != end) {
      return fail(Errc::invalid, "the peer sent data in the clear behind STARTTLS");
    }
    error_code ec;
    socket.native_non_blocking(true, ec);
    ssl.reset(SSL_new(context));
    if (ec || !ssl || SSL_set_fd(ssl.get(), socket.native_handle()) != 1) {
      return fail(Errc::unavailable, "starting TLS: " + openssl_error());
    }
    return {};
  }

  void describe_tls(bool verified) {
    const long problem = SSL_get_verify_result(ssl.get());
    info =
        TlsInfo{.version = SSL_get_version(ssl.get()),
                .cipher = SSL_get_cipher_name(ssl.get()),
                .verified = verified && problem == X509_V_OK,
                .peer_problem = problem == X509_V_OK ? "" : X509_verify_cert_error_string(problem)};
  }

  tcp::socket socket;
  asio::steady_timer timer;
  Deadline due = Deadline::max();
  bool armed = false;
  bool timed_out = false;
  bool keeps_open = false;  // what is waited for now leaves the socket open when it times out
  bool tls_broken = false;
  std::string input;                       // received bytes lie in [begin, end)
  std::size_t comfortable = kFirstBuffer;  // size of an empty buffer
  std::size_t begin = 0;
  std::size_t end = 0;
  std::unique_ptr<SSL, SslFree> ssl;
  std::optional<TlsInfo> info;
};

Stream::Stream(tcp::socket socket) : state_(std::make_shared<State>(std::move(socket))) {
  error_code ignored;
  state_->socket.native_non_blocking(true, ignored);
  state_->socket.set_option(tcp::no_delay(true), ignored);
}

Stream::~Stream() {
  if (state_ && state_->socket.is_open()) {
    close();
  }
}

Stream::Stream(Stream&&) noexcept = default;

Stream& Stream::operator=(Stream&& other) noexcept {
  if (state_ && state_ != other.state_) {
    close();
  }
  state_ = std::move(other.state_);
  return *this;
}

std::string_view Stream::buffered() const {
  return state_->unread();
}

void Stream::consume(std::size_t count) {
  state_->begin += std::min(count, state_->end - state_->begin);
}

asio::awaitable<Result<>> Stream::fill(Deadline deadline) {
  return fill_at_most(kLargestStep, deadline);
}

asio::awaitable<Result<>> Stream::fill_at_most(std::size_t most, Deadline deadline) {
  const auto state = state_;  // keeps the buffer alive while the read is in the kernel
  state->expect_by(deadline, true);
  Result<> done;
  if (state->ssl) {
    done = co_await state->read_tls(most);
  } else {
    done = co_await state->read_plain(most);
  }
  state->relax();
  co_return done;
}

asio::awaitable<Result<>> Stream::fill_when_idle(Deadline deadline) {
  const auto state = state_;
  if (state->ssl && SSL_pending(state->ssl.get()) > 0) {
    co_return co_await fill(deadline);
  }
  state->begin = state->end = 0;
  std::string().swap(state->input);
  state->expect_by(deadline, true);
  const Result<> readable = co_await state->wait(tcp::socket::wait_read);
  if (!readable) {
    state->relax();
    co_return fail(readable.error());
  }
  co_return co_await fill(deadline);
}

asio::awaitable<Result<>> Stream::write(std::string_view bytes, Deadline deadline) {
  const std::array<std::string_view, 1> pieces{bytes};
  co_return co_await write(pieces, deadline);
}

asio::awaitable<Result<>> Stream::write(std::span<const std::string_view> pieces,
                                        Deadline deadline) {
  const auto state = state_;
  state->expect_by(deadline);
  Result<> done;
  if (state->ssl) {
    done = co_await state->write_tls(pieces);
  } else {
    done = co_await state->write_plain(pieces);
  }
  state->relax();
  co_return done;
}

asio::awaitable<Result<>> Stream::accept_tls(std::shared_ptr<const TlsServer> server,
                                             Deadline deadline) {
  const auto state = state_;
  CO_TRY_VOID(state->begin_tls(server->native()));
  state->expect_by(deadline);
  const Result<int> done = co_await state->run_tls([&] { return SSL_accept(state->ssl.get()); });
  state->relax();
  if (!done) {
    state->tls_broken = true;
    co_return fail(Error(done.error()).within("TLS handshake"));
  }
  state->describe_tls(false);
  co_return Result<>();
}

asio::awaitable<Result<>> Stream::connect_tls(std::shared_ptr<const TlsClient> client,
                                              std::string host, Deadline deadline) {
  const auto state = state_;
  CO_TRY_VOID(state->begin_tls(client->native()));
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  if (not_an_address) {
    SSL_set_tlsext_host_name(state->ssl.get(), host.c_str());
    SSL_set1_host(state->ssl.get(), host.c_str());
  }
  state->expect_by(deadline);
  const Result<int> done = co_await state->run_tls([&] { return SSL_connect(state->ssl.get()); });
  state->relax();
  if (!done) {
    state->tls_broken = true;
    const long problem = SSL_get_verify_result(state->ssl.get());
    const std::string why = problem == X509_V_OK
                                ? ""
                                : std::string(" (") + X509_verify_cert_error_string(problem) + ")";
    co_return fail(done.error().code(), "TLS handshake: " + done.error().text() + why);
  }
  state->describe_tls(client->verifies());
  co_return Result<>();
}

const std::optional<TlsInfo>& Stream::tls() const {
  return state_->info;
}

tcp::endpoint Stream::local() const {
  error_code ignored;
  return state_->socket.local_endpoint(ignored);
}

tcp::endpoint Stream::remote() const {
  error_code ignored;
  return state_->socket.remote_endpoint(ignored);
}

bool Stream::is_quiet() {
  if (!state_->socket.is_open() || state_->begin != state_->end) {
    return false;
  }
  char byte = 0;
  if (state_->ssl) {
    // TLS 1.3 tickets arrive unasked and are no data: only OpenSSL can tell.
    ERR_clear_error();
    const int got = SSL_peek(state_->ssl.get(), &byte, 1);
    return got <= 0 && SSL_get_error(state_->ssl.get(), got) == SSL_ERROR_WANT_READ;
  }
  const ssize_t got = ::recv(state_->socket.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
  return got < 0 && (errno == EAGAIN || errno == EINTR);
}

asio::awaitable<void> Stream::close_gently(std::size_t most, Deadline deadline) {
  const auto state = state_;
  if (state->ssl && state->info && !state->tls_broken && state->socket.is_open()) {
    ERR_clear_error();
    SSL_shutdown(state->ssl.get());
    state->tls_broken = true;  // what comes now is read past OpenSSL
  }
  error_code ignored;
  state->socket.shutdown(tcp::socket::shutdown_send, ignored);
  state->expect_by(deadline);
  for (std::size_t got = 0; got < most && state->socket.is_open();) {
    state->begin = state->end = 0;
    const Result<> more = co_await state->read_plain(kLargestStep);
    if (!more) {
      break;
    }
    got += state->end;
  }
  state->relax();
  close();
}

void Stream::close() {
  if (state_->ssl && state_->info && !state_->tls_broken && state_->socket.is_open()) {
    ERR_clear_error();
    SSL_shutdown(state_->ssl.get());
  }
  state_->timer.cancel();
  state_->close_socket();
}

bool Stream::is_open() const {
  return state_->socket.is_open();
}

asio::awaitable<Result<Stream>> connect(tcp::endpoint target,
                                        std::optional<asio::ip::address> source,
                                        Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  error_code ec;
  socket.open(target.protocol(), ec);
  if (!ec && source) {
    socket.set_option(tcp::socket::reuse_address(true), ec);
    socket.bind(tcp::endpoint(*source, 0), ec);
  }
  if (ec) {
    co_return fail(Errc::unavailable, ec.message());
  }
  // The deadline cancels the pending connect. The handler may run after cancel(), so what it
  // touches is shared, and a flag tells it that it came too late.
  struct Race {
    tcp::socket socket;
    asio::steady_timer timer;
    bool settled = false;
    bool timed_out = false;
    bool keeps_open = false;  // what is waited for now leaves the socket open when it times out
  };
  const auto race =
      std::make_shared<Race>(std::move(socket), asio::steady_timer(executor, deadline));
  race->timer.async_wait([race](error_code cancelled) {
    if (!cancelled && !race->settled) {
      race->timed_out = true;
      error_code ignored;
      race->socket.close(ignored);
    }
  });
  const auto [failed] = co_await race->socket.async_connect(target, kAsTuple);
  race->settled = true;
  race->timer.cancel();
  if (race->timed_out) {
    co_return fail(Errc::timeout, "no connection within the limit");
  }
  if (failed) {
    co_return fail(Errc::unavailable, failed.message());
  }
  co_return Stream(std::move(race->socket));
}

}  // namespace postrider::net
