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

awaitable<void> end(net::TaskGroup& group) {
  group.cancel();
  co_await group.join();
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
        certificates(relay.certificate(), challenges),
        keeper(relay, certificates, challenges),
        keeping(relay.threads().context(0).get_executor(), "links-certificates"),
        service(relay, recorder, challenges),
        sessions{.service = service,
                 .proxies = proxies,
                 .tls = relay.settings().links.tls ? certificates.server() : nullptr,
                 .is_crowded = [this] { return is_crowded(); }},
        in_clear{.service = service, .proxies = proxies, .tls = nullptr, .is_crowded = [this] {
                   return is_crowded();
                 }} {
    proxies.set(relay.settings().links.proxy_from);
    for (std::size_t i = 0; i < relay.threads().count(); ++i) {
      threads.push_back(std::make_unique<OnThread>(relay.threads().context(i)));
    }
  }

  bool is_crowded() const { return limiter.open() >= kCrowdedFrom; }

  Result<> open(const tcp::endpoint& endpoint, LinkSessions& how,
                std::vector<tcp::endpoint>& opened) {
    std::vector<asio::any_io_executor> executors;
    for (const auto& thread : threads) {
      executors.emplace_back(thread->context.get_executor());
    }
    TRY(std::vector<net::Listener> ready, net::listen(executors, endpoint));
    opened.push_back(ready.front().local());
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i]->accepting.spawn(accept(*threads[i], std::move(ready[i]), how));
    }
    return {};
  }

  awaitable<void> accept(OnThread& thread, net::Listener listener, LinkSessions& how) {
    co_await listener.run([this, &thread, &how](tcp::socket socket) {
      boost::system::error_code gone;
      auto admitted = admit(socket.remote_endpoint(gone).address());
      auto* place = std::get_if<net::ConnectionLimiter::Lease>(&admitted);
      if (!gone && place != nullptr && !how.is_stopping) {
        thread.sessions.spawn(serve_links(net::Stream(std::move(socket)), how, std::move(*place)));
      }
    });
  }

  std::variant<net::ConnectionLimiter::Lease, net::ConnectionLimiter::Refusal> admit(
      const asio::ip::address& client) {
    const auto believed = proxies.get();
    const bool is_proxy = std::ranges::any_of(
        *believed, [&](const net::Network& one) { return one.contains(client); });
    return is_proxy ? limiter.admit_proxy(client) : limiter.admit(client);
  }

  relay::Relay& relay;
  net::ConnectionLimiter limiter{
      {.total_max = kConnectionsMax, .per_address_max = kConnectionsPerAddress}};
  links::HitRecorder recorder;
  acme::Challenges challenges;
  LinkCertificates certificates;
  CertificateKeeper keeper;
  net::TaskGroup keeping;  // on thread 0
  Current<std::vector<net::Network>> proxies;
  LinkService service;
  LinkSessions sessions;
  LinkSessions in_clear;
  std::vector<std::unique_ptr<OnThread>> threads;
  std::vector<tcp::endpoint> endpoints;
  std::vector<tcp::endpoint> endpoints_in_clear;
};

LinkServer::LinkServer(relay::Relay& relay) : state_(std::make_unique<State>(relay)) {}
LinkServer::~LinkServer() = default;

Result<> LinkServer::listen() {
  const relay::LinkSettings& settings = state_->relay.settings().links;
  TRY(const ProbeSecret secret, state_->relay.directory().secret(kProbeSecret));
  state_->service.set_probe_secret(secret);
  TRY_VOID(state_->certificates.configure(settings.certificates));
  TRY_VOID(state_->keeper.load());
  for (const tcp::endpoint& endpoint : settings.endpoints) {
    TRY_VOID(state_->open(endpoint, state_->sessions, state_->endpoints), "links");
  }
  for (const tcp::endpoint& endpoint : settings.endpoints_in_clear) {
    TRY_VOID(state_->open(endpoint, state_->in_clear, state_->endpoints_in_clear), "links");
  }
  state_->keeping.spawn(state_->keeper.run());
  state_->recorder.start();
  return {};
}

std::vector<tcp::endpoint> LinkServer::endpoints() const {
  return state_->endpoints;
}

std::vector<tcp::endpoint> LinkServer::endpoints_in_clear() const {
  return state_->endpoints_in_clear;
}

Result<> LinkServer::change_to(const relay::Settings& settings) {
  state_->proxies.set(settings.links.proxy_from);
  state_->service.change_to(settings.links);
  state_->keeper.change_to(settings);
  return state_->certificates.configure(settings.links.certificates);
}

const LinkCertificates& LinkServer::certificates() const {
  return state_->certificates;
}

bool LinkServer::has_tls() const {
  return state_->sessions.tls != nullptr;
}

bool LinkServer::serves(std::string_view host) const {
  return state_->service.serves(host);
}

CertificateKeeper& LinkServer::keeper() const {
  return state_->keeper;
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
  state_->in_clear.is_stopping = true;
  co_await asio::co_spawn(state_->threads.front()->context, end(state_->keeping),
                          asio::use_awaitable);
  for (const auto& thread : state_->threads) {
    co_await asio::co_spawn(thread->context, join(*thread), asio::use_awaitable);
  }
  state_->recorder.stop();
}

}  // namespace postrider::http
