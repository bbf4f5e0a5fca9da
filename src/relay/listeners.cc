#include "relay/listeners.h"

#include <algorithm>
#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <variant>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "net/connection_limiter.h"
#include "net/listener.h"
#include "net/task_group.h"
#include "relay/session_letters.h"

namespace postrider::relay {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;

namespace {

/// What sessions of a listener are told; replaced as a whole by a reload.
struct Policy {
  std::shared_ptr<const ListenerSettings> settings;
  std::shared_ptr<const smtp::ServerOptions> options;
};

constexpr std::size_t kLeaveAtOnce = 2;  // for each that wants in, while it is crowded

using Lease = net::ConnectionLimiter::Lease;

/// Sessions that may be open at a time. Behind a load balancer it is its client that counts, who is
/// known only once the session has begun.
struct Doors {
  net::ConnectionLimiter all{net::ConnectionLimits{}};
  net::ConnectionLimiter by_address{net::ConnectionLimits{}};
  std::atomic<int> farewells = 0;  ///< connections that are told why they are not served

  std::atomic<std::size_t> crowded_from = 0;            ///< so many sessions
  std::atomic<std::chrono::milliseconds> least_idle{};  ///< who then may be asked to leave
  std::atomic<std::uint64_t> left = 0;                  ///< who were

  void set_limits(const LimitSettings& limits) {
    const std::size_t places = std::min<std::size_t>(limits.sessions_max, sessions_reachable());
    crowded_from = places - places / 10;
    least_idle = limits.idle_when_crowded;
    all.set_limits({.total_max = limits.sessions_max, .per_address_max = 0});
    by_address.set_limits({.total_max = 0, .per_address_max = limits.sessions_per_address_max});
  }
};

class Place final : public Admission {
 public:
  explicit Place(Doors& doors) : doors_(doors) {}
  ~Place() override { doors_.farewells -= is_farewell_ ? 1 : 0; }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;

  /// False: it is to be closed without a word.
  bool enter(const asio::ip::address& peer, bool is_proxy, bool implicit_tls) {
    take(doors_.all, peer, all_, "too many connections, try again later");
    if (!is_proxy) {
      take_by_address(peer);
    }
    if (refusal_.empty()) {
      return true;
    }
    all_.reset();  // a refusal takes nobody's place
    if (implicit_tls) {
      return false;  // a handshake is too much for that
    }
    is_farewell_ = true;
    return ++doors_.farewells <= kMostFarewells;
  }

  std::string admit(const asio::ip::address& client) override {
    if (!by_address_) {
      take_by_address(client);
    }
    return refusal_;
  }

 private:
  static constexpr int kMostFarewells = 100;

  void take(net::ConnectionLimiter& limiter, const asio::ip::address& address,
            std::optional<Lease>& lease, const char* refusal) {
    if (!refusal_.empty()) {
      return;
    }
    auto admitted = limiter.admit(address);
    if (auto* taken = std::get_if<Lease>(&admitted)) {
      lease = std::move(*taken);
    } else {
      refusal_ = refusal;
    }
  }
  void take_by_address(const asio::ip::address& address) {
    take(doors_.by_address, address, by_address_, "too many connections from your address");
  }

  Doors& doors_;
  std::optional<Lease> all_;
  std::optional<Lease> by_address_;
  std::string refusal_;
  bool is_farewell_ = false;
};

/// The accept loops and the sessions of one io thread.
struct OnThread {
  OnThread(asio::io_context& c, std::size_t index)
      : context(c),
        accepting(c.get_executor(), "accepting"),
        sessions(c.get_executor(), "session"),
        letters(session_letters(index)) {}

  asio::io_context& context;
  net::TaskGroup accepting;
  net::TaskGroup sessions;
  smtp::IdleSessions idle;  // of `sessions`
  std::string letters;
  std::uint64_t count = 0;
};

awaitable<void> wait_until_empty(OnThread& thread, std::chrono::steady_clock::time_point until) {
  constexpr std::chrono::milliseconds kMoment{10};
  while (thread.sessions.size() > 0 && std::chrono::steady_clock::now() < until) {
    asio::steady_timer moment(thread.context, kMoment);
    co_await moment.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

awaitable<void> join(OnThread& thread) {
  co_await thread.sessions.join();
  co_await thread.accepting.join();
}

}  // namespace

struct Listeners::State {
  State(net::IoThreads& t, SubmissionServices& s, InboundServices& b, const Certificate& c)
      : io(t), services(s), inbound(b), certificate(c) {
    for (std::size_t i = 0; i < io.count(); ++i) {
      threads.push_back(std::make_unique<OnThread>(io.context(i), i));
    }
  }

  Policy make_policy(const Settings& settings, const ListenerSettings& listener) const {
    auto options = std::make_shared<smtp::ServerOptions>(server_options(settings, listener));
    // Trusted networks relay without AUTH: the handler decides, because PROXY and XCLIENT may
    // change whom the session serves.
    options->auth_required = options->auth_required && listener.trusted.empty();
    if (listener.tls != ListenerTls::none) {
      options->tls = [this] { return certificate.current(); };
    }
    return {.settings = std::make_shared<const ListenerSettings>(listener),
            .options = std::move(options)};
  }

  Policy policy_of(const std::string& name) const {
    const std::lock_guard lock(mutex);
    return policies.at(name);
  }

  Result<> open(const std::string& name, const ListenerSettings& listener,
                const Endpoint& endpoint) {
    std::vector<asio::any_io_executor> executors;
    for (const auto& thread : threads) {
      executors.emplace_back(thread->context.get_executor());
    }
    auto opened = net::listen(executors, endpoint);
    if (!opened && is_spare(listener, endpoint)) {
      log::warning("not listening", {{"listener", name}, {"why", opened.error().text()}});
      return {};
    }
    TRY(std::vector<net::Listener> ready, std::move(opened));
    listening.push_back({.name = name,
                         .endpoint = ready.front().local(),
                         .tls = listener.tls,
                         .kind = listener.kind});
    for (std::size_t i = 0; i < threads.size(); ++i) {
      threads[i]->accepting.spawn(accept(*threads[i], name, std::move(ready[i])));
    }
    return {};
  }

  /// IPv6 loopback beside another address: a machine without IPv6 does without.
  static bool is_spare(const ListenerSettings& listener, const Endpoint& endpoint) {
    static const bool has_ipv6 = std::filesystem::exists("/proc/net/if_inet6");
    return !has_ipv6 && endpoint.address().is_v6() && endpoint.address().is_loopback() &&
           listener.endpoints.size() > 1;
  }

  awaitable<void> accept(OnThread& thread, std::string name, net::Listener listener) {
    co_await listener.run(
        [this, &thread, &name](tcp::socket socket) { serve(thread, name, std::move(socket)); },
        [this, &thread] { make_room(thread); });
  }

  void serve(OnThread& thread, const std::string& name, tcp::socket socket) {
    if (services.is_stopping) {
      return;  // it would not hear that we stop
    }
    boost::system::error_code gone;
    const asio::ip::address client = socket.remote_endpoint(gone).address();
    if (gone) {
      return;
    }
    const Policy policy = policy_of(name);
    const bool is_proxy =
        std::ranges::any_of(policy.settings->proxy_from,
                            [&](const net::Network& network) { return network.contains(client); });
    if (doors.all.open() >= doors.crowded_from.load()) {
      make_room(thread);
    }
    auto place = std::make_unique<Place>(doors);
    if (!place->enter(client, is_proxy, policy.options->implicit_tls)) {
      return;
    }
    thread.sessions.spawn(smtp::serve_session(net::Stream(std::move(socket)), policy.options,
                                              make_handler(policy.settings, std::move(place)),
                                              thread.letters + std::to_string(++thread.count),
                                              &thread.idle));
  }

  std::unique_ptr<smtp::SessionHandler> make_handler(
      const std::shared_ptr<const ListenerSettings>& settings, std::unique_ptr<Place> place) {
    return settings->kind == ListenerKind::inbound
               ? make_inbound_handler(inbound, settings, std::move(place))
               : make_submission_handler(services, settings, std::move(place));
  }

  /// Places run short: who is idle leaves before anybody is turned away.
  void make_room(OnThread& thread) {
    const std::size_t asked = thread.idle.shed(kLeaveAtOnce, doors.least_idle.load());
    doors.left.fetch_add(asked, std::memory_order_relaxed);
  }

  /// Soon, on the thread of each.
  void on_each(void (*act)(OnThread&)) {
    for (const auto& thread : threads) {
      asio::post(thread->context, [act, &one = *thread] { act(one); });
    }
  }

  net::IoThreads& io;
  SubmissionServices& services;
  InboundServices& inbound;
  const Certificate& certificate;
  Doors doors;
  std::vector<std::unique_ptr<OnThread>> threads;
  std::vector<ListeningOn> listening;
  mutable std::mutex mutex;
  std::map<std::string, Policy> policies;
};

Listeners::Listeners(net::IoThreads& threads, SubmissionServices& submission,
                     InboundServices& inbound, const Certificate& certificate)
    : state_(std::make_unique<State>(threads, submission, inbound, certificate)) {}

Listeners::~Listeners() = default;

Result<> Listeners::open(const Settings& settings) {
  state_->doors.set_limits(settings.limits);
  for (const auto& [name, listener] : settings.listeners) {
    state_->policies[name] = state_->make_policy(settings, listener);
  }
  for (const auto& [name, listener] : settings.listeners) {
    for (const Endpoint& endpoint : listener.endpoints) {
      TRY_VOID(state_->open(name, listener, endpoint), "listener." + name);
    }
  }
  return {};
}

std::vector<std::string> Listeners::change_to(const Settings& settings) {
  std::vector<std::string> not_applied;
  state_->doors.set_limits(settings.limits);
  const std::lock_guard lock(state_->mutex);
  for (const auto& [name, listener] : settings.listeners) {
    const auto known = state_->policies.find(name);
    if (known == state_->policies.end()) {
      not_applied.push_back("listener." + name + " is new");
      continue;
    }
    if (known->second.settings->endpoints != listener.endpoints ||
        known->second.settings->tls != listener.tls ||
        known->second.settings->kind != listener.kind) {
      not_applied.push_back("listener." + name + " has changed its address, its TLS or its kind");
    }
    ListenerSettings kept = listener;
    kept.kind = known->second.settings->kind;
    kept.endpoints = known->second.settings->endpoints;
    kept.tls = known->second.settings->tls;
    known->second = state_->make_policy(settings, kept);
  }
  for (const auto& [name, policy] : state_->policies) {
    if (!settings.listeners.contains(name)) {
      not_applied.push_back("listener." + name + " is gone");
    }
  }
  return not_applied;
}

const std::vector<ListeningOn>& Listeners::listening() const {
  return state_->listening;
}
std::uint64_t Listeners::sessions_asked_to_leave() const {
  return state_->doors.left.load();
}
std::size_t Listeners::sessions() const {
  return state_->doors.all.open();
}

awaitable<void> Listeners::stop(std::chrono::milliseconds limit) {
  // All are told before any is waited for.
  state_->on_each([](OnThread& thread) {
    thread.accepting.cancel();
    thread.sessions.cancel();
  });
  const auto until = std::chrono::steady_clock::now() + limit;
  for (const auto& thread : state_->threads) {
    co_await asio::co_spawn(thread->context, wait_until_empty(*thread, until), asio::use_awaitable);
  }
  // Those that are in the middle of a message, or do not take what we say.
  state_->on_each([](OnThread& thread) { thread.sessions.cancel(); });
  for (const auto& thread : state_->threads) {
    co_await asio::co_spawn(thread->context, join(*thread), asio::use_awaitable);
  }
}

}  // namespace postrider::relay
