#include "http/link_server.h"

#include <algorithm>
#include <utility>
#include <variant>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "http/link_service.h"
#include "http/link_session.h"
#include "net/listener.h"
#include "net/task_group.h"

namespace postrider::http {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;

namespace {

constexpr std::uint32_t kConnectionsMax = 10'000;
constexpr std::uint32_t kConnectionsPerAddress = 100;
constexpr std::size_t kCrowdedFrom = kConnectionsMax - kConnectionsMax / 4;

struct OnThread {
  explicit OnThread(asio::io_context& c)
      : context(c),
        accepting(c.get_executor(), "links-accept"),
        sessions(c.get_executor(), "links") {}

  asio::io_context& context;
  net::TaskGroup accepting;
  net::TaskGroup sessions;
};

awaitable<void> join(OnThread& thread) {
  thread.accepting.cancel();
  thread.sessions.cancel();
  co_await thread.sessions.join();
  co_await thread.accepting.join();
}

}  // namespace

struct LinkServer::State {
  explicit State(relay::Relay& r)
      : relay(r),
        recorder({.store = relay.store(),
                  .events = relay.events(),
                  .links = relay.links(),
                  .mailbox = relay.threads().mailbox(0),
                  .address_kept = relay.settings().links.address,
                  .readers = [&r] { return r.readers(); }}),
        service(relay, recorder),
        sessions{.service = service,
                 .proxies = relay.settings().links.proxy_from,
                 .tls = {},
                 .is_crowded = [this] { return limiter.open() >= kCrowdedFrom; }} {
    if (relay.settings().links.tls) {
      sessions.tls = [this] { return relay.certificate().current(); };
    }
    for (std::size_t i = 0; i < relay.threads().count(); ++i) {
      threads.push_back(std::make_unique<OnThread>(relay.threads().context(i)));
    }
  }

  Result<> open(const tcp::endpoint& endpoint) {
    std::vector<asio::any_io_executor> executors;
    for (const auto& thread : threads) {
      executors.emplace_back(thread->context.get_executor());
    }
    TRY(std::vector<net::Listener> ready, net::listen(executors, endpoint));
    endpoints.push_back(ready.front().local());
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i]->accepting.spawn(accept(*threads[i], std::move(ready[i])));
    }
    return {};
  }

  awaitable<void> accept(OnThread& thread, net::Listener listener) {
    co_await listener.run([this, &thread](tcp::socket socket) {
      boost::system::error_code gone;
      auto admitted = admit(socket.remote_endpoint(gone).address());
      auto* place = std::get_if<net::ConnectionLimiter::Lease>(&admitted);
      if (!gone && place != nullptr && !sessions.is_stopping) {
        thread.sessions.spawn(
            serve_links(net::Stream(std::move(socket)), sessions, std::move(*place)));
      }
    });
  }

  std::variant<net::ConnectionLimiter::Lease, net::ConnectionLimiter::Refusal> admit(
      const asio::ip::address& client) {
    const bool is_proxy = std::ranges::any_of(
        sessions.proxies, [&](const net::Network& one) { return one.contains(client); });
    return is_proxy ? limiter.admit_proxy(client) : limiter.admit(client);
  }

  relay::Relay& relay;
  net::ConnectionLimiter limiter{
      {.total_max = kConnectionsMax, .per_address_max = kConnectionsPerAddress}};
  links::HitRecorder recorder;
  LinkService service;
  LinkSessions sessions;
  std::vector<std::unique_ptr<OnThread>> threads;
  std::vector<tcp::endpoint> endpoints;
};

LinkServer::LinkServer(relay::Relay& relay) : state_(std::make_unique<State>(relay)) {}
LinkServer::~LinkServer() = default;

Result<> LinkServer::listen() {
  for (const tcp::endpoint& endpoint : state_->relay.settings().links.endpoints) {
    TRY_VOID(state_->open(endpoint), "links");
  }
  state_->recorder.start();
  return {};
}

std::vector<tcp::endpoint> LinkServer::endpoints() const {
  return state_->endpoints;
}

std::size_t LinkServer::connections() const {
  return state_->limiter.open();
}

std::uint64_t LinkServer::hits_over_limit() const {
  return state_->service.hits_over_limit();
}

std::size_t LinkServer::hits_waiting() const {
  return state_->recorder.waiting();
}

awaitable<void> LinkServer::stop() {
  state_->sessions.is_stopping = true;
  for (const auto& thread : state_->threads) {
    co_await asio::co_spawn(thread->context, join(*thread), asio::use_awaitable);
  }
  state_->recorder.stop();
}

}  // namespace postrider::http
