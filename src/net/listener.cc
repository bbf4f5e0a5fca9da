#include "net/listener.h"

#include <sys/socket.h>

#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/detail/socket_option.hpp>
#include <boost/asio/ip/v6_only.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "net/network.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

using ReusePort = asio::detail::socket_option::boolean<SOL_SOCKET, SO_REUSEPORT>;
constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr int kBacklog = 4096;
constexpr std::chrono::milliseconds kPause{100};

error_code open_socket(tcp::acceptor& acceptor, const tcp::endpoint& endpoint, bool shared) {
  error_code ec;
  acceptor.open(endpoint.protocol(), ec);
  if (!ec) {
    acceptor.set_option(tcp::acceptor::reuse_address(true), ec);
  }
  if (!ec && shared) {
    acceptor.set_option(ReusePort(true), ec);
  }
  if (!ec && endpoint.address().is_v6()) {
    acceptor.set_option(asio::ip::v6_only(true), ec);
  }
  if (!ec) {
    acceptor.bind(endpoint, ec);
  }
  if (!ec) {
    acceptor.listen(kBacklog, ec);
  }
  return ec;
}

std::unexpected<Error> cannot_listen(const tcp::endpoint& endpoint, const error_code& ec) {
  std::string advice = "; look at the listeners in the configuration";
  if (ec == asio::error::address_in_use) {
    advice = "; another process has the port: stop it, or choose another port";
  } else if (ec == asio::error::access_denied) {
    advice = "; ports below 1024 need root or CAP_NET_BIND_SERVICE";
  }
  return fail(Errc::unavailable,
              "listening on " + to_string(endpoint) + ": " + ec.message() + advice);
}

}  // namespace

Result<tcp::acceptor> open_listener(const asio::any_io_executor& executor, tcp::endpoint endpoint,
                                    bool is_first) {
  if (is_first && endpoint.port() != 0) {
    tcp::acceptor probe(executor);
    if (const error_code ec = open_socket(probe, endpoint, false)) {
      return cannot_listen(endpoint, ec);
    }
  }
  tcp::acceptor acceptor(executor);
  if (const error_code ec = open_socket(acceptor, endpoint, true)) {
    return cannot_listen(endpoint, ec);
  }
  return acceptor;
}

asio::awaitable<void> accept_loop(tcp::acceptor acceptor,
                                  std::function<void(tcp::socket)> accepted) {
  const auto executor = co_await asio::this_coro::executor;
  while (acceptor.is_open()) {
    tcp::socket socket(executor);
    const auto [ec] = co_await acceptor.async_accept(socket, kAsTuple);
    if (ec == asio::error::operation_aborted) {
      co_return;
    }
    if (!ec) {
      accepted(std::move(socket));
      continue;
    }
    log::warning("a connection could not be accepted", {{"why", ec.message()}});
    asio::steady_timer pause(executor, kPause);
    const auto [cancelled] = co_await pause.async_wait(kAsTuple);
    if (cancelled) {
      co_return;
    }
  }
}

}  // namespace postrider::net
