#include "net/stream.h"

#include <array>
#include <cerrno>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <sys/socket.h>
#include <utility>

#include "net/stream_state.h"
#include "net/tls.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

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
  return fill_at_most(State::kLargestStep, deadline);
}

asio::awaitable<Result<>> Stream::fill_at_most(std::size_t most, Deadline deadline) {
  if (state_->ssl) {
    return state_->read_tls(most, deadline);
  }
  return state_->read_plain(most, state_->reading, deadline);
}

asio::awaitable<Result<>> Stream::fill_when_idle(Deadline deadline) {
  const auto state = state_;
  // Who is busy answers soon, and is read from without a wait for readiness of its own.
  const Deadline soon = net::within(State::kKeepsBuffer);
  if (!state->ssl && soon < deadline) {
    Result<> done = co_await state->read_plain(State::kLargestStep, state->reading, soon);
    if (done || done.error().code() != Errc::timeout || !is_open()) {
      co_return done;
    }
  }
  if (!state->ssl || SSL_pending(state->ssl.get()) == 0) {
    state->release_buffer();
    CO_TRY_VOID(co_await state->wait(tcp::socket::wait_read, state->reading, deadline));
  }
  co_return co_await fill(deadline);
}

void Stream::interrupt_fill() {
  error_code ignored;
  state_->socket.cancel(ignored);
}

asio::awaitable<Result<>> Stream::write(std::string_view bytes, Deadline deadline) {
  const auto state = state_;
  const std::array<std::string_view, 1> pieces{bytes};
  Unsent unsent(pieces);
  if (const auto done = state->write_at_once(unsent)) {
    co_return *done;
  }
  co_return co_await state->write_rest(unsent, deadline);
}

asio::awaitable<Result<>> Stream::write(std::span<const std::string_view> pieces,
                                        Deadline deadline) {
  const auto state = state_;
  Unsent unsent(pieces);
  if (const auto done = state->write_at_once(unsent)) {
    co_return *done;
  }
  co_return co_await state->write_rest(unsent, deadline);
}

asio::awaitable<Result<>> Stream::accept_tls(std::shared_ptr<const TlsServer> server,
                                             Deadline deadline) {
  const auto state = state_;
  CO_TRY_VOID(state->begin_tls(server->native()));
  const Result<int> done = co_await state->shake_hands(true, deadline);
  if (!done) {
    co_return fail(Error(done.error()).within("TLS handshake"));
  }
  state->describe_tls(false);
  co_return Result<>();
}

asio::awaitable<Result<>> Stream::connect_tls(std::shared_ptr<const TlsClient> client,
                                              std::string host, Deadline deadline) {
  const auto state = state_;
  CO_TRY_VOID(state->begin_tls(client->native()));
  CO_TRY_VOID(state->expect_name(host));
  const Result<int> done = co_await state->shake_hands(false, deadline);
  if (!done) {
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
  state->say_close_notify();
  state->tls_broken = true;  // what comes now is read past OpenSSL
  error_code ignored;
  state->socket.shutdown(tcp::socket::shutdown_send, ignored);
  for (std::size_t got = 0; got < most && state->socket.is_open();) {
    state->begin = state->end = 0;
    // Under the limit of writing, whose passing closes: that of reading would leave it open.
    if (!co_await state->read_plain(State::kLargestStep, state->writing, deadline)) {
      break;
    }
    got += state->end;
  }
  close();
}

void Stream::close() {
  state_->say_close_notify();
  state_->close_socket();
}

bool Stream::is_open() const {
  return state_->socket.is_open();
}

}  // namespace postrider::net
