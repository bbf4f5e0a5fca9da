#include "http/server.h"

#include <algorithm>
#include <chrono>
#include <list>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "http/local_socket.h"
#include "http/server_session.h"
#include "net/listener.h"
#include "net/task_group.h"

namespace postrider::http {

namespace asio = boost::asio;
using asio::awaitable;
using boost::system::error_code;
using tcp = asio::ip::tcp;
using local = asio::local::stream_protocol;
using Socket = ServerSession::Socket;

namespace {

constexpr auto kAsTuple = asio::as_tuple(asio::use_awaitable);
constexpr std::chrono::seconds kLastWords{2};  // when the server stops
constexpr std::size_t kConnectionsMax = 256;
constexpr std::chrono::milliseconds kPause{100};

using Sessions = std::list<ServerSession*>;

/// A session is known to the server for as long as this lives.
class Place {
 public:
  Place(Sessions& sessions, ServerSession& session)
      : sessions_(sessions), at_(sessions.insert(sessions.end(), &session)) {}
  ~Place() { sessions_.erase(at_); }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

 private:
  Sessions& sessions_;
  Sessions::iterator at_;
};

/// Whose process is at the other end.
std::string peer_of(local::socket& socket) {
  ::ucred who{};
  socklen_t size = sizeof(who);
  return ::getsockopt(socket.native_handle(), SOL_SOCKET, SO_PEERCRED, &who, &size) == 0
             ? "uid " + std::to_string(who.uid)
             : std::string();
}

}  // namespace

struct Server::State : std::enable_shared_from_this<State> {
  State(const asio::any_io_executor& e, Handler h)
      : executor(e), handler(std::move(h)), accepting(e, "http-accept"), sessions(e, "http") {}

  static awaitable<void> accept(std::shared_ptr<State> self, net::Listener listener) {
    co_await listener.run([self](tcp::socket socket) { self->admit(Socket(std::move(socket))); });
  }

  static awaitable<void> accept_local(std::shared_ptr<State> self, local::acceptor acceptor) {
    while (true) {
      local::socket socket(self->executor);
      const auto [ec] = co_await acceptor.async_accept(socket, kAsTuple);
      if (ec == asio::error::operation_aborted) {
        co_return;
      }
      if (!ec) {
        std::string by = peer_of(socket);
        self->admit(Socket(std::move(socket)), std::move(by));
        continue;
      }
      log::warning("an HTTP connection could not be accepted", {{"why", ec.message()}});
      asio::steady_timer pause(self->executor, kPause);
      co_await pause.async_wait(asio::use_awaitable);
    }
  }

  void admit(Socket socket, std::string by = {}) {
    if (sessions.size() < kConnectionsMax || end_oldest_idle()) {
      sessions.spawn(serve(shared_from_this(), std::move(socket), std::move(by)));
    }
  }

  /// Whoever only holds a connection makes room for who wants to know something.
  bool end_oldest_idle() {
    const auto oldest = std::ranges::find_if(open, &ServerSession::is_idle);
    if (oldest == open.end()) {
      return false;
    }
    (*oldest)->close();
    return true;
  }

  static awaitable<void> serve(std::shared_ptr<State> self, Socket socket, std::string by) {
    ServerSession session(std::move(socket), std::move(by), self->handler, self->is_stopping);
    const Place place(self->open, session);
    co_await session.run();
  }

  void end_idle() {
    for (ServerSession* session : open) {
      if (session->is_idle()) {
        session->close();
      }
    }
  }

  asio::any_io_executor executor;
  Handler handler;
  net::TaskGroup accepting;
  net::TaskGroup sessions;
  Sessions open;
  bool is_stopping = false;
  tcp::endpoint endpoint;
  std::string path;  ///< of the Unix socket
};

Result<std::unique_ptr<Server>> Server::listen(const asio::any_io_executor& executor,
                                               tcp::endpoint endpoint, Handler handler) {
  TRY(std::vector<net::Listener> listeners, net::listen(std::span(&executor, 1), endpoint));
  auto state = std::make_shared<State>(executor, std::move(handler));
  state->endpoint = listeners.front().local();
  state->accepting.spawn(State::accept(state, std::move(listeners.front())));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Result<std::unique_ptr<Server>> Server::listen_local(const asio::any_io_executor& executor,
                                                     const std::string& path, Handler handler) {
  TRY(local::acceptor acceptor, open_local_listener(executor, path));
  auto state = std::make_shared<State>(executor, std::move(handler));
  state->path = path;
  state->accepting.spawn(State::accept_local(state, std::move(acceptor)));
  return std::unique_ptr<Server>(new Server(std::move(state)));
}

Server::Server(std::shared_ptr<State> state) : state_(std::move(state)) {}
Server::~Server() = default;

tcp::endpoint Server::endpoint() const {
  return state_->endpoint;
}

awaitable<void> Server::stop() {
  const auto state = state_;
  if (std::exchange(state->is_stopping, true)) {
    co_return;
  }
  state->accepting.cancel();
  co_await state->accepting.join();
  if (!state->path.empty()) {
    ::unlink(state->path.c_str());
  }
  state->end_idle();
  asio::steady_timer patience(state->executor, kLastWords);
  patience.async_wait([state](const error_code& cancelled) {
    if (!cancelled) {
      state->sessions.cancel();
    }
  });
  co_await state->sessions.join();
}

}  // namespace postrider::http
