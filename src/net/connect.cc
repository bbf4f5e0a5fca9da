#include "net/connect.h"

#include <memory>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postrider::net {

namespace asio = boost::asio;
using boost::system::error_code;
using tcp = asio::ip::tcp;

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
    co_return fail(Errc::timeout, "no connection within the limit");
  }
  if (failed) {
    co_return fail(Errc::unavailable, failed.message());
  }
  co_return Stream(std::move(race->socket));
}

}  // namespace postrider::net
