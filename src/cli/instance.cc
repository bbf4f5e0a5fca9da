#include "cli/instance.h"

#include <algorithm>
#include <future>
#include <mutex>
#include <signal.h>
#include <utility>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "base/log.h"
#include "cli/command.h"
#include "http/control_api.h"
#include "http/domain_watch.h"
#include "http/link_server.h"
#include "http/server.h"
#include "mail/address.h"
#include "net/descriptors.h"
#include "net/network.h"
#include "net/task_group.h"
#include "relay/data_directory.h"
#include "simulator/simulator.h"

namespace postrider::cli {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds kStopLimit{20};

delivery::Route route_to(const relay::Endpoint& endpoint) {
  delivery::Route to;
  to.host = endpoint.address().to_string();
  to.port = endpoint.port();
  return to;
}

/// Of a listener on all addresses: the one on loopback.
relay::Endpoint reachable(relay::Endpoint endpoint) {
  if (endpoint.address().is_unspecified()) {
    endpoint.address(endpoint.address().is_v4()
                         ? asio::ip::address(asio::ip::address_v4::loopback())
                         : asio::ip::address_v6::loopback());
  }
  return endpoint;
}

bool has_route_for_all(const relay::Settings& settings) {
  return std::ranges::any_of(settings.delivery.routes,
                             [](const auto& route) { return route.first == "*"; });
}

void add_routes(const simulator::Simulator& simulator, bool takes_the_rest,
                relay::Settings& settings) {
  const std::vector<simulator::Route> routes = simulator.routes();
  for (const simulator::Route& route : routes) {
    settings.delivery.routes.set(route.pattern, route_to(route.endpoint));
  }
  if (takes_the_rest && !has_route_for_all(settings)) {
    settings.delivery.routes.set("*", route_to(routes.front().endpoint));
  }
}

}  // namespace

struct Instance::State {
  Result<> start(relay::Settings settings) {
    TRY(relay,
        relay::Relay::open(std::move(settings),
                           {.test_clock = options.test_clock,
                            .on_storage_failure = [this](const Error& why) { fail_with(why); }}));
    if (options.prepare) {
      TRY_VOID(options.prepare(*relay));
    }
    TRY_VOID(start_simulator());
    TRY_VOID(start_http());
    TRY_VOID(relay->start());
    wire_the_way_back();
    TRY_VOID(wire_the_readers());
    watch_domains();
    return {};
  }

  /// What the simulator's mailboxes send back comes in where it comes in from outside.
  void wire_the_way_back() {
    const auto& listening = relay->listeners().listening();
    const auto inbound =
        std::ranges::find(listening, relay::ListenerKind::inbound, &relay::ListeningOn::kind);
    if (!simulator || inbound == listening.end()) {
      return;
    }
    asio::post(executor(), [this, to = reachable(inbound->endpoint),
                            complaints_to = mail::Address{
                                .local = "fbl", .domain = relay->settings().return_path_domain}] {
      simulator->answer_to(to, complaints_to);
    });
  }

  /// The simulator's people and scanners come by the listener of other readers.
  Result<> wire_the_readers() {
    if (!simulator || !links || links->endpoints().empty()) {
      return {};
    }
    const auto in_clear = links->endpoints_in_clear();
    simulator::LinksAt at{
        .endpoint = reachable(in_clear.empty() ? links->endpoints().front() : in_clear.front()),
        .tls = nullptr};
    if (in_clear.empty() && links->has_tls()) {
      TRY(at.tls, net::TlsClient::create(false));
    }
    asio::post(executor(), [this, at] { simulator->read_at(at); });
    return {};
  }

  /// Where mail goes to the simulator alone, nothing is asked of DNS.
  void watch_domains() {
    if (options.simulator_takes_the_rest) {
      return;
    }
    domain_watch = std::make_unique<http::DomainWatch>(parts);
    watching = std::make_unique<net::TaskGroup>(executor(), "domain-watch");
    asio::post(executor(), [this] { watching->spawn(domain_watch->run()); });
  }

  asio::any_io_executor executor() { return relay->threads().context(0).get_executor(); }

  Result<> start_simulator() {
    const relay::SimulatorSettings& wanted = relay->settings().simulator;
    if (!wanted.is_enabled) {
      return {};
    }
    simulator::Options how;
    how.address = wanted.endpoint.address();
    how.port = wanted.endpoint.port();
    const relay::TlsSettings files = relay::tls_files(relay->settings());
    TRY(how.tls, net::TlsServer::create(files.certificate, files.key));
    TRY(simulator, simulator::Simulator::start(executor(), relay->clock(), std::move(how)),
        "simulator (simulator.enabled = false switches it off)");
    add_routes(*simulator, options.simulator_takes_the_rest, relay->settings());
    return {};
  }

  Result<> start_http() {
    if (!relay->settings().links.endpoints.empty()) {
      links = std::make_unique<http::LinkServer>(*relay);
      TRY_VOID(links->listen());
    }
    if (const auto& endpoint = relay->settings().http) {
      TRY(network,
          http::Server::listen(executor(), *endpoint, http::make_health(*relay, links.get())),
          "http");
    }
    parts = http::parts_of(*relay);
    parts.links = links.get();
    parts.reload = [this](const std::string& by) { return reload(by); };
    const auto path = relay::DataDirectory::control_socket(relay->settings().data);
    TRY(control,
        http::Server::listen_local(executor(), path.string(), http::make_control_api(parts)),
        "control socket");
    return {};
  }

  Result<std::vector<std::string>> reload(const std::string& by) {
    const std::lock_guard lock(reload_mutex);
    TRY(relay::Settings settings, options.reread());
    if (simulator) {
      add_routes(*simulator, options.simulator_takes_the_rest, settings);
    }
    TRY(std::vector<std::string> not_applied, relay->reload(std::move(settings), by));
    if (links) {
      if (const auto changed = links->change_to(relay->settings()); !changed) {
        not_applied.push_back(changed.error().text());
      }
    }
    return not_applied;
  }

  void reload_by_signal() {
    const auto done = reload("SIGHUP");
    if (!done) {
      log::error("the configuration was not reloaded: nothing has changed",
                 {{"why", done.error().text()}});
      return;
    }
    log::info("configuration reloaded");
    for (const std::string& left : *done) {
      log::warning("takes effect at the next start", {{"what", left}});
    }
  }

  /// On the commit thread: the main one ends the process.
  void fail_with(const Error& why) {
    const std::string text = why.text();
    asio::post(main, [this, text] {
      log::error(
          "storage failed: this process ends, so that the next start sees what is really there",
          {{"why", text}});
      exit = kFailed;
      signals.cancel();
    });
  }

  awaitable<void> wait_for_signals() {
    while (true) {
      const auto [cancelled, number] =
          co_await signals.async_wait(asio::as_tuple(asio::use_awaitable));
      if (cancelled) {
        co_return;
      }
      if (number != SIGHUP) {
        log::info("stopping", {{"signal", std::to_string(number)}});
        co_return;
      }
      reload_by_signal();
    }
  }

  void stop() {
    if (!relay) {
      return;
    }
    relay->stop(kStopLimit, [this]() -> awaitable<void> {
      if (watching) {
        watching->cancel();
        co_await watching->join();
      }
      if (control) {
        co_await control->stop();
      }
      if (network) {
        co_await network->stop();
      }
      if (links) {
        co_await links->stop();
      }
      if (simulator) {
        co_await simulator->stop();
      }
    });
  }

  InstanceOptions options;
  asio::io_context main{1};
  asio::signal_set signals{main, SIGTERM, SIGINT, SIGHUP};
  int exit = kDone;
  std::mutex reload_mutex;
  std::unique_ptr<relay::Relay> relay;
  http::ControlParts parts;
  std::unique_ptr<simulator::Simulator> simulator;
  std::unique_ptr<http::Server> network;
  std::unique_ptr<http::LinkServer> links;
  std::unique_ptr<http::Server> control;
  std::unique_ptr<http::DomainWatch> domain_watch;
  std::unique_ptr<net::TaskGroup> watching;  // on thread 0
};

Result<std::unique_ptr<Instance>> Instance::start(relay::Settings settings,
                                                  InstanceOptions options) {
  ::signal(SIGPIPE, SIG_IGN);
  net::raise_descriptor_limit();
  if (const auto few = relay::unreachable_sessions(settings)) {
    log::warning("there are too few descriptors", {{"what", *few}});
  }
  auto state = std::make_unique<State>();
  state->options = std::move(options);
  std::unique_ptr<Instance> instance(new Instance(std::move(state)));
  TRY_VOID(instance->state_->start(std::move(settings)));
  return instance;
}

Instance::Instance(std::unique_ptr<State> state) : state_(std::move(state)) {}
Instance::~Instance() {
  state_->stop();
}

relay::Relay& Instance::relay() {
  return *state_->relay;
}

std::string Instance::http_endpoint() const {
  return state_->network ? net::to_string(state_->network->endpoint()) : "";
}

std::vector<std::string> Instance::link_endpoints() const {
  std::vector<std::string> all;
  if (state_->links) {
    for (const auto& endpoint : state_->links->endpoints()) {
      all.push_back(net::to_string(endpoint));
    }
  }
  return all;
}

std::vector<std::string> Instance::link_endpoints_in_clear() const {
  std::vector<std::string> all;
  if (state_->links) {
    for (const auto& endpoint : state_->links->endpoints_in_clear()) {
      all.push_back(net::to_string(endpoint));
    }
  }
  return all;
}

int Instance::run() {
  asio::co_spawn(state_->main, state_->wait_for_signals(), [](const std::exception_ptr& error) {
    if (error) {
      std::rethrow_exception(error);
    }
  });
  state_->main.run();
  state_->stop();
  return state_->exit;
}

}  // namespace postrider::cli
