#include "net/connect.h"

#include <memory>
#include <netinet/in.h>
#include <sys/socket.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "net/descriptors.h"

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

namespace {

bool is_of_this_machine(const error_code& ec) {
  return ec == asio::error::no_descriptors ||
         ec == boost::system::errc::too_many_files_open_in_system ||
         ec == boost::system::errc::address_not_available || ec == asio::error::no_buffer_space ||
         ec == asio::error::no_memory;
}

std::unexpected<ConnectFailure> explain(const error_code& ec) {
  const bool is_local = is_of_this_machine(ec);
  return std::unexpected<ConnectFailure>(
      std::in_place, Errc::unavailable,
      is_local ? "this machine can't connect at the moment: " + ec.message() : ec.message(),
      is_local);
}

/// The kernel then chooses the port when it knows the target too: one port serves many targets.
error_code bind_without_port(tcp::socket& socket, const asio::ip::address& source) {
  const int on = 1;
  ::setsockopt(socket.native_handle(), IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
  error_code ec;
  socket.bind(tcp::endpoint(source, 0), ec);
  return ec;
}

error_code open(tcp::socket& socket, const tcp::endpoint& target,
                const std::optional<asio::ip::address>& source) {
  error_code ec;
  socket.open(target.protocol(), ec);
  if (ec) {
    return ec;
  }
  if (static_cast<std::size_t>(socket.native_handle()) >= descriptor_shares().connected_below) {
    return asio::error::no_descriptors;  // the rest is for the database
  }
  return source ? bind_without_port(socket, *source) : ec;
}

}  // namespace

asio::awaitable<std::expected<Stream, ConnectFailure>> connect(
    tcp::endpoint target, std::optional<asio::ip::address> source, Deadline deadline) {
  const auto executor = co_await asio::this_coro::executor;
  tcp::socket socket(executor);
  if (const error_code ec = open(socket, target, source)) {
    co_return explain(ec);
  }
  // The deadline cancels the pending connect. The handler may run after cancel(), so what it
  // touches is shared, and a flag tells it that it came too late.
  struct Race {
    tcp::socket socket;
    asio::steady_timer timer;
    bool settled = false;
    bool timed_out = false;
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
  const auto [failed] =
      co_await race->socket.async_connect(target, asio::as_tuple(asio::use_awaitable));
  race->settled = true;
  race->timer.cancel();
  if (race->timed_out) {
    co_return std::unexpected<ConnectFailure>(std::in_place, Errc::timeout,
                                              "no connection within the limit");
  }
  if (failed) {
    co_return explain(failed);
  }
  co_return Stream(std::move(race->socket));
}

}  // namespace postrider::net
