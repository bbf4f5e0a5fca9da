#include "net/stream_state.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <openssl/err.h>
#include <openssl/x509.h>
#include <openssl/x509_vfy.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/tls.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);

error_code last_error() {
  return {errno, boost::system::system_category()};
}

}  // namespace

void Unsent::advance(std::size_t sent) {
  skip_ += sent;
  while (!pieces_.empty() && skip_ >= pieces_[0].size()) {
    skip_ -= pieces_[0].size();
    pieces_ = pieces_.subspan(1);
  }
}

Stream::State::State(Socket s)
    : socket(std::move(s)),
      reading(socket.get_executor(),
              [this] {
                if (writes_waiting > 0) {
                  close_socket();
                  return;
                }
                error_code ignored;
                socket.cancel(ignored);
              }),
      writing(socket.get_executor(), [this] { close_socket(); }) {}

void Stream::State::close_socket() {
  reading.cancel();
  writing.cancel();
  error_code ignored;
  socket.close(ignored);
}

Error Stream::State::explain(error_code ec, const Limit& limit) const {
  if (limit.has_passed()) {
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

/// Room for at least one more byte behind end; doubles, because long messages come in long reads.
void Stream::State::make_room() {
  if (begin == end) {
    begin = end = 0;
    if (capacity < comfortable) {
      resize_buffer(comfortable);
    }
  }
  if (end < capacity) {
    return;
  }
  if (begin > capacity / 2) {
    std::memmove(input.get(), input.get() + begin, end - begin);
    end -= begin;
    begin = 0;
    return;
  }
  resize_buffer(capacity * 2);
}

void Stream::State::resize_buffer(std::size_t wanted) {
  Buffer larger = wanted == kPageBytes ? take_page() : allocate_buffer(wanted);
  if (end > 0) {
    std::memcpy(larger.get(), input.get(), end);
  }
  input = std::move(larger);
  capacity = wanted;
}

void Stream::State::release_buffer() {
  begin = end = capacity = 0;
  input.reset();
}

/// A read that filled the buffer wanted more: the next empty buffer is larger.
void Stream::State::received(std::size_t count) {
  end += count;
  if (end == capacity && comfortable < kLargestStep) {
    comfortable *= 2;
  }
}

asio::awaitable<Result<>> Stream::State::wait(Socket::wait_type what, Limit& limit,
                                              Deadline deadline) {
  limit.set(deadline, *this);
  const auto [ec] = co_await socket.async_wait(what, kAsTuple);
  limit.clear();
  if (ec) {
    co_return fail(explain(ec, limit));
  }
  co_return Result<>();
}

asio::awaitable<Result<>> Stream::State::read_plain(std::size_t most, Limit& limit,
                                                    Deadline deadline) {
  const auto self = shared_from_this();  // keeps the buffer alive while the read is in the kernel
  make_room();
  const std::size_t room = std::min(free_count(), most);
  limit.set(deadline, *this);
  const auto [ec, count] =
      co_await socket.async_read_some(asio::buffer(free_bytes(), room), kAsTuple);
  limit.clear();
  if (ec) {
    co_return fail(explain(ec, limit));
  }
  received(count);
  co_return Result<>();
}

error_code Stream::State::send_now(Unsent& unsent) {
  while (!unsent.empty()) {
    std::array<iovec, 16> parts{};
    const std::span<const std::string_view> pieces = unsent.pieces();
    const std::size_t count = std::min(pieces.size(), parts.size());
    for (std::size_t i = 0; i < count; ++i) {
      const std::string_view piece = i == 0 ? pieces[0].substr(unsent.skip()) : pieces[i];
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
    if (sent >= 0) {
      unsent.advance(static_cast<std::size_t>(sent));
    } else if (errno != EINTR) {
      return errno == EAGAIN ? asio::error::would_block : last_error();
    }
  }
  return {};
}

asio::awaitable<Result<>> Stream::State::write_plain(Unsent unsent, Deadline deadline) {
  ++writes_waiting;
  Result<> done;
  while (done) {
    done = co_await wait(Socket::wait_write, writing, deadline);
    if (!done) {
      break;
    }
    const error_code ec = send_now(unsent);
    if (!ec) {
      break;
    }
    if (ec != asio::error::would_block) {
      done = fail(explain(ec, writing));
    }
  }
  --writes_waiting;
  co_return done;
}

std::optional<Result<>> Stream::State::write_at_once(Unsent& unsent) {
  if (ssl) {
    return std::nullopt;
  }
  const error_code ec = send_now(unsent);
  if (ec == asio::error::would_block) {
    return std::nullopt;
  }
  return ec ? Result<>(fail(explain(ec, writing))) : Result<>();
}

asio::awaitable<Result<>> Stream::State::write_rest(Unsent unsent, Deadline deadline) {
  return ssl ? write_tls(unsent.pieces(), deadline) : write_plain(unsent, deadline);
}

template <class Call>
asio::awaitable<Result<int>> Stream::State::run_tls(Call call, Limit& limit, Deadline deadline) {
  while (true) {
    if (!socket.is_open()) {
      // OpenSSL knows the number of the descriptor, which may be another socket's by now.
      co_return fail(explain(asio::error::operation_aborted, limit));
    }
    ERR_clear_error();
    const int done = call();
    if (done > 0) {
      co_return done;
    }
    const int why = SSL_get_error(ssl.get(), done);
    if (why == SSL_ERROR_WANT_READ) {
      CO_TRY_VOID(co_await wait(Socket::wait_read, limit, deadline));
    } else if (why == SSL_ERROR_WANT_WRITE) {
      CO_TRY_VOID(co_await wait(Socket::wait_write, limit, deadline));
    } else if (why == SSL_ERROR_ZERO_RETURN || (why == SSL_ERROR_SYSCALL && errno == 0)) {
      co_return fail(explain(asio::error::eof, limit));
    } else if (why == SSL_ERROR_SYSCALL) {
      tls_broken = true;
      co_return fail(explain(last_error(), limit));
    } else {
      tls_broken = true;
      co_return fail(Errc::invalid, "TLS: " + openssl_error());
    }
  }
}

asio::awaitable<Result<>> Stream::State::read_tls(std::size_t most, Deadline deadline) {
  const auto self = shared_from_this();
  make_room();
  const auto room = static_cast<int>(std::min(free_count(), most));
  CO_TRY(const int got, co_await run_tls([&] { return SSL_read(ssl.get(), free_bytes(), room); },
                                         reading, deadline));
  received(static_cast<std::size_t>(got));
  co_return Result<>();
}

asio::awaitable<Result<>> Stream::State::write_tls(std::span<const std::string_view> pieces,
                                                   Deadline deadline) {
  // Small pieces go out as one record: a record each would be a packet each.
  std::string joined;
  if (pieces.size() > 1) {
    for (const std::string_view piece : pieces) {
      joined += piece;
    }
  }
  std::string_view rest = pieces.size() > 1 ? joined : pieces.empty() ? "" : pieces[0];
  ++writes_waiting;
  Result<> done;
  while (done && !rest.empty()) {
    const int size = static_cast<int>(std::min(rest.size(), kLargestStep));
    const Result<int> sent = co_await run_tls(
        [&] { return SSL_write(ssl.get(), rest.data(), size); }, writing, deadline);
    if (sent) {
      rest.remove_prefix(static_cast<std::size_t>(*sent));
    } else {
      done = fail(sent.error());
    }
  }
  --writes_waiting;
  co_return done;
}

Result<> Stream::State::begin_tls(SSL_CTX* context) {
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

Result<> Stream::State::expect_name(const std::string& host) {
  error_code not_an_address;
  asio::ip::make_address(host, not_an_address);
  const bool is_set =
      not_an_address ? SSL_set_tlsext_host_name(ssl.get(), host.c_str()) == 1 &&
                           SSL_set1_host(ssl.get(), host.c_str()) == 1
                     : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl.get()), host.c_str()) == 1;
  if (!is_set) {
    return fail(Errc::invalid, "TLS can't ask for the name " + host + ": " + openssl_error());
  }
  return {};
}

asio::awaitable<Result<int>> Stream::State::shake_hands(bool accepts, Deadline deadline) {
  Result<int> done = co_await run_tls(
      [&] { return accepts ? SSL_accept(ssl.get()) : SSL_connect(ssl.get()); }, writing, deadline);
  tls_broken = tls_broken || !done;
  co_return done;
}

void Stream::State::describe_tls(bool verified) {
  const long problem = SSL_get_verify_result(ssl.get());
  info =
      TlsInfo{.version = SSL_get_version(ssl.get()),
              .cipher = SSL_get_cipher_name(ssl.get()),
              .verified = verified && problem == X509_V_OK,
              .peer_problem = problem == X509_V_OK ? "" : X509_verify_cert_error_string(problem)};
}

void Stream::State::say_close_notify() {
  if (ssl && info && !tls_broken && socket.is_open()) {
    ERR_clear_error();
    SSL_shutdown(ssl.get());
  }
}

}  // namespace postrider::net
