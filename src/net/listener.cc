#include "net/listener.h"

#include <algorithm>
#include <cassert>
#include <cerrno>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/socket_base.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "net/descriptors.h"
#include "net/network.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 4096;  // the kernel cuts it to net.core.somaxconn
constexpr std::chrono::milliseconds kShortestPause{10};
constexpr std::chrono::milliseconds kLongestPause{1000};

error_code share_port(tcp::acceptor& acceptor) {
  const int on = 1;
  const int done =
      ::setsockopt(acceptor.native_handle(), SOL_SOCKET, SO_REUSEPORT, &on, sizeof(on));
  return done == 0 ? error_code() : error_code(errno, boost::system::system_category());
}

/// Bound, and not yet listening.
error_code bind(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool shared) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  }
  if (!ec && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(true), ec);
  }
  if (!ec && shared) {
    ec = share_port(acceptor);
  }
  if (!ec) {
    acceptor.bind(endpoint, ec);
  }
  return ec;
}

std::unexpected<Error> explain(const tcp::endpoint& endpoint, const error_code& ec) {
  const char* hint = ec == asio::error::address_in_use
                         ? "; another process listens there, or this one does by another section"
                     : ec == asio::error::access_denied
                         ? "; a port below 1024 needs root or CAP_NET_BIND_SERVICE"
                         : "";
  return fail(Errc::unavailable,
              "listening on " + to_string(endpoint) + ": " + ec.message() + hint);
}

/// Without waiting.
error_code accept_one(tcp::acceptor& acceptor, tcp::socket& socket) {
  if (!is_descriptor_free_below(descriptor_shares().accepted_below, acceptor.native_handle())) {
    return asio::error::no_descriptors;
  }
  error_code ec;
  acceptor.accept(socket, ec);
  return ec;
}

bool has_ended(const asio::cancellation_state& stop, const tcp::acceptor& acceptor) {
  return stop.cancelled() != asio::cancellation_type::none || !acceptor.is_open();
}

}  // namespace

struct Listener::State {
  explicit State(const asio::any_io_executor& executor) : acceptor(executor), pause(executor) {}

  tcp::acceptor acceptor;
  asio::steady_timer pause;
  std::uint64_t failures = 0;
};

Listener::Listener(std::shared_ptr<State> state) : state_(std::move(state)) {}
Listener::~Listener() = default;
Listener::Listener(Listener&&) noexcept = default;
Listener& Listener::operator=(Listener&&) noexcept = default;

tcp::endpoint Listener::local() const {
  error_code ignored;
  return state_->acceptor.local_endpoint(ignored);
}

asio::awaitable<void> Listener::run(std::function<void(tcp::socket)> accepted,
                                    std::function<void()> full) {
  const auto state = state_;
  const std::string where = to_string(local());
  std::chrono::milliseconds pause = kShortestPause;
  while (state->acceptor.is_open()) {
    auto [ec] = co_await state->acceptor.async_wait(tcp::acceptor::wait_read, kAsTuple);
    const asio::cancellation_state stop = co_await asio::this_coro::cancellation_state;
    if (has_ended(stop, state->acceptor)) {
      co_return;
    }
    tcp::socket socket(state->acceptor.get_executor());
    if (!ec) {
      ec = accept_one(state->acceptor, socket);
    }
    if (!ec) {
      pause = kShortestPause;
      accepted(std::move(socket));
      continue;
    }
    if (ec == asio::error::would_block || ec == asio::error::connection_aborted) {
      continue;  // the client has gone again
    }
    ++state->failures;
    if (pause == kShortestPause) {
      log::warning("accepting connections pauses", {{"listener", where}, {"why", ec.message()}});
    }
    full();
    state->pause.expires_after(pause);
    co_await state->pause.async_wait(kAsTuple);
    const asio::cancellation_state after = co_await asio::this_coro::cancellation_state;
    if (has_ended(after, state->acceptor)) {
      co_return;
    }
    pause = std::min(2 * pause, kLongestPause);
  }
}

void Listener::close() {
  error_code ignored;
  state_->acceptor.close(ignored);
  state_->pause.cancel();
}

std::uint64_t Listener::failures() const {
  return state_->failures;
}

Result<std::vector<Listener>> listen(std::span<const asio::any_io_executor> executors,
                                     tcp::endpoint endpoint) {
  assert(!executors.empty());
  // Without SO_REUSEPORT a bind fails where anybody listens.
  tcp::acceptor probe(executors[0]);
  if (const error_code ec = bind(probe, endpoint, false)) {
    return explain(endpoint, ec);
  }
  error_code ignored;
  probe.close(ignored);
  std::vector<Listener> listeners;
  for (const asio::any_io_executor& executor : executors) {
    auto state = std::make_shared<Listener::State>(executor);
    error_code ec = bind(state->acceptor, endpoint, true);
    if (!ec) {
      endpoint = state->acceptor.local_endpoint(ec);  // the rest takes the port that the first got
    }
    if (!ec) {
      state->acceptor.listen(kBacklog, ec);
    }
    if (!ec) {
      state->acceptor.non_blocking(true, ec);
    }
    if (ec) {
      return explain(endpoint, ec);
    }
    listeners.push_back(Listener(std::move(state)));
  }
  return listeners;
}

}  // namespace postrider::net
