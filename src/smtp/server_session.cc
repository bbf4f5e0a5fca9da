#include "smtp/server_session.h"

#include <exception>
#include <utility>

#include <boost/asio/cancellation_state.hpp>
#include <boost/asio/this_coro.hpp>

#include "base/log.h"
#include "smtp/session.h"

namespace postrider::smtp {

namespace asio = boost::asio;

namespace {

/// The filters of a coroutine's cancellation state: the first notes a request to stop, the second
/// lets it through to the operation that is waited for only where the session says so.
auto note_in(std::shared_ptr<StopSignal> stop) {
  return [stop = std::move(stop)](asio::cancellation_type type) {
    ++stop->requests;
    return type;
  };
}

auto let_out(std::shared_ptr<StopSignal> stop) {
  return [stop = std::move(stop)](asio::cancellation_type type) {
    return stop->requests >= stop->interrupts_from ? type : asio::cancellation_type::none;
  };
}

asio::awaitable<std::string> run(Session& session, const std::string& id) {
  try {
    co_await session.run();
  } catch (const std::exception& e) {
    log::error("a session ended with an exception", {{"session", id}, {"why", e.what()}});
    co_return std::string("an error of ours: ") + e.what();
  }
  co_return session.why_over();
}

}  // namespace

asio::awaitable<void> serve_session(net::Stream stream,
                                    std::shared_ptr<const ServerOptions> options,
                                    std::unique_ptr<SessionHandler> handler, std::string session_id,
                                    IdleSessions* idle) {
  const auto stop = std::make_shared<StopSignal>();
  const asio::cancellation_state before = co_await asio::this_coro::cancellation_state;
  stop->requests = before.cancelled() != asio::cancellation_type::none ? 1 : 0;
  co_await asio::this_coro::reset_cancellation_state(note_in(stop), let_out(stop));
  co_await asio::this_coro::throw_if_cancelled(false);
  {
    Session session(std::move(stream), std::move(options), *handler, *stop, session_id, idle);
    const std::string why = co_await run(session, session_id);
    handler->ended(session.info(), why);
  }
  stop->interrupts_from = 0;  // what our caller waits for next is its own affair
  co_await asio::this_coro::throw_if_cancelled(true);
}

}  // namespace postrider::smtp
