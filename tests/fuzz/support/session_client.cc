#include "support/session_client.h"

#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "support/require.h"
#include "support/virtual_time.h"

namespace postrider::fuzz {

namespace asio = boost::asio;
using std::chrono::seconds;

namespace {

// Longer than any limit of a session.
constexpr seconds kForEver{3600};
constexpr seconds kWriteLimit{120};

// So small that replies to a client that doesn't listen soon have to wait.
constexpr int kSendBuffer = 4608;

}  // namespace

SessionClient::SessionClient(std::shared_ptr<const smtp::ServerOptions> options, Greeting greeting)
    : options_(std::move(options)), model_(*options_, log_) {
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
          "a socket pair");
  ::setsockopt(ends[0], SOL_SOCKET, SO_SNDBUF, &kSendBuffer, sizeof kSendBuffer);
  socket_ = ends[1];
  asio::ip::tcp::socket socket(io_);
  socket.assign(asio::ip::tcp::v6(), ends[0]);
  asio::co_spawn(io_,
                 smtp::serve_session(net::Stream(std::move(socket)), options_,
                                     make_handler(log_, greeting, *options_), "fuzz"),
                 asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr error) {
                   require(!error, "no exception leaves a session");
                   has_left_ = true;
                 }));
  settle();
}

SessionClient::~SessionClient() {
  ::close(socket_);
}

void SessionClient::run() {
  io_.restart();
  io_.poll();
}

/// False: nothing has come.
bool SessionClient::take() {
  std::array<char, 16384> buffer;
  const ssize_t got = ::read(socket_, buffer.data(), buffer.size());
  if (got <= 0) {
    return false;
  }
  const std::string_view wire(buffer.data(), static_cast<std::size_t>(got));
  if (tls_) {
    tls_->received(wire);
    if (tls_->is_connected()) {
      model_.heard(tls_->read());
    }
  } else {
    model_.heard(wire);
  }
  return true;
}

bool SessionClient::put(std::string_view bytes) {
  const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
  require(sent < 0 || static_cast<std::size_t>(sent) == bytes.size(), "the kernel takes a script");
  return sent >= 0;
}

void SessionClient::settle() {
  run();
  if (!listens_) {
    return;
  }
  while (take()) {
    run();
  }
  model_.settle(has_left_);
}

void SessionClient::send(std::string_view bytes) {
  if (has_left_ || has_ended_ || bytes.empty()) {
    return;
  }
  if (tls_) {
    tls_->write(bytes);
  }
  if (put(tls_ ? tls_->to_send() : std::string(bytes))) {
    model_.sent(bytes);
  }
  settle();
}

void SessionClient::pause(seconds time) {
  if (!listens_ && time >= kWriteLimit) {
    model_.may_lose_words();
  }
  model_.paused(time);
  pass_time(io_, time);
  settle();
}

void SessionClient::start_tls() {
  if (has_left_ || has_ended_ || tls_ || !listens_ || !model_.awaits_tls()) {
    return;
  }
  tls_.emplace();
  for (int step = 0; step < 10 && !has_left_; ++step) {
    tls_->shake_hands();
    if (const std::string wire = tls_->to_send(); !wire.empty()) {
      put(wire);
    }
    if (tls_->is_connected()) {
      model_.tls_started();
      settle();
      return;
    }
    run();
    while (take()) {
    }
  }
  require(has_left_, "TLS can be started where it is offered");
}

void SessionClient::break_tls() {
  if (tls_ && !has_left_ && !has_ended_) {
    model_.may_lose_words();
    put("\x17\x03\x03\x00\x14no record of anybody");
    settle();
  }
}

void SessionClient::request_stop() {
  if (!has_left_) {
    if (!listens_) {
      model_.may_lose_words();
    }
    model_.stop_requested();
    stop_.emit(asio::cancellation_type::terminal);
    settle();
  }
}

void SessionClient::listen(bool listens) {
  listens_ = listens;
  settle();
}

void SessionClient::end() {
  if (has_ended_) {
    return;
  }
  has_ended_ = true;
  if (tls_) {
    tls_->close();
    put(tls_->to_send());
  }
  ::shutdown(socket_, SHUT_WR);
  settle();
}

void SessionClient::finish() {
  listen(true);
  end();
  if (!has_left_) {
    pause(kForEver);
  }
  require(has_left_, "a session ends when its client has gone");
  model_.finish();
}

}  // namespace postrider::fuzz
