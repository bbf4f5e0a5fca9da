#include "simulator/simulator.h"

#include <array>
#include <list>
#include <optional>
#include <utility>

#include "net/listener.h"
#include "net/stream.h"
#include "net/task_group.h"
#include "simulator/mailbox.h"

namespace postrider::simulator {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;

namespace {

// With sessions: who sends more at a time to mailboxes that answer gets no more answers.
constexpr std::size_t kTasksMost = 10'000;

constexpr std::array kSites = {
    Site{"simulator.test", "A modern server: TLS and every extension.", true, true},
    Site{"no-tls.simulator.test", "Offers no STARTTLS.", false, true},
    Site{"old.simulator.test", "Offers no extension at all: 7 bits, one command at a time.", false,
         false},
};

std::shared_ptr<const smtp::ServerOptions> session_options(const Site& site,
                                                           const Options& options) {
  auto session = std::make_shared<smtp::ServerOptions>();
  session->hostname = "mx." + std::string(site.domain);
  session->message_bytes_max = options.message_bytes_max;
  session->auth_offered = false;
  session->auth_required = false;
  session->offers_pipelining = site.has_extensions;
  session->offers_chunking = site.has_extensions;
  session->offers_smtputf8 = site.has_extensions;
  session->offers_8bitmime = site.has_extensions;
  session->offers_dsn = site.has_extensions;
  if (site.has_tls && options.tls) {
    session->tls = [tls = options.tls] { return tls; };
  }
  return session;
}

}  // namespace

struct Simulator::State {
  struct Port {
    const Site* site;
    net::Listener listener;
    std::shared_ptr<const smtp::ServerOptions> session;
  };

  State(const asio::any_io_executor& executor, const Clock& clock, const Options& options)
      : shared{.clock = clock,
               .memory = Memory(options.memory),
               .late = options.late,
               .answering = {},
               .send_back = [this](SentBack mail) { send(std::move(mail)); },
               .read = [this](Reader reader,
                              std::shared_ptr<const Taken> mail) { read(reader, std::move(mail)); },
               .sessions_max = options.sessions_max},
        back(options.back),
        tasks(executor, "simulator") {}

  void serve(tcp::socket socket, const Port& port) {
    tasks.spawn(smtp::serve_session(net::Stream(std::move(socket)), port.session,
                                    make_mailbox_handler(shared),
                                    "sim-" + std::to_string(++sessions_begun)));
  }

  void send(SentBack mail) {
    if (tasks.size() < kTasksMost) {
      tasks.spawn(bring_back(std::move(mail), shared.answering->to, back));
    }
  }

  void read(Reader reader, std::shared_ptr<const Taken> mail) {
    if (links && tasks.size() < kTasksMost) {
      tasks.spawn(read_mail(reader, std::move(mail), *links, shared.clock));
    }
  }

  Shared shared;
  std::optional<LinksAt> links;  ///< none: nobody reads
  std::chrono::milliseconds back;
  std::list<Port> ports;
  std::uint64_t sessions_begun = 0;
  net::TaskGroup tasks;
};

std::span<const Site> sites() {
  return kSites;
}

Simulator::Simulator(std::unique_ptr<State> state) : state_(std::move(state)) {}
Simulator::~Simulator() = default;

Result<std::unique_ptr<Simulator>> Simulator::start(const asio::any_io_executor& executor,
                                                    const Clock& clock, Options options) {
  auto state = std::make_unique<State>(executor, clock, options);
  std::uint16_t port = options.port;
  for (const Site& site : kSites) {
    TRY(std::vector<net::Listener> listeners,
        net::listen(std::span(&executor, 1), tcp::endpoint(options.address, port)),
        "starting the mailbox simulator");
    state->ports.push_back({.site = &site,
                            .listener = std::move(listeners.front()),
                            .session = session_options(site, options)});
    port = port == 0 ? port : static_cast<std::uint16_t>(port + 1);
  }
  for (State::Port& each : state->ports) {
    state->tasks.spawn(each.listener.run(
        [&state = *state, &each](tcp::socket socket) { state.serve(std::move(socket), each); }));
  }
  return std::unique_ptr<Simulator>(new Simulator(std::move(state)));
}

void Simulator::answer_to(const tcp::endpoint& endpoint, mail::Address complaints_to) {
  state_->shared.answering = {.to = endpoint, .complaints_to = std::move(complaints_to)};
}

void Simulator::read_at(LinksAt links) {
  state_->links = std::move(links);
}

awaitable<void> Simulator::stop() {
  for (State::Port& port : state_->ports) {
    port.listener.close();
  }
  state_->tasks.cancel();
  co_await state_->tasks.join();
}

std::vector<Route> Simulator::routes() const {
  std::vector<Route> routes;
  for (const State::Port& port : state_->ports) {
    const tcp::endpoint endpoint = port.listener.local();
    routes.push_back({.pattern = std::string(port.site->domain), .endpoint = endpoint});
    routes.push_back({.pattern = "*." + std::string(port.site->domain), .endpoint = endpoint});
  }
  return routes;
}

std::vector<std::shared_ptr<const Taken>> Simulator::taken() const {
  return state_->shared.memory.taken();
}

std::uint64_t Simulator::taken_in_all() const {
  return state_->shared.memory.taken_in_all();
}

}  // namespace postrider::simulator
