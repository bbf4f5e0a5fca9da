#include "load/generator.h"

#include <algorithm>
#include <atomic>
#include <list>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/random.h"
#include "load/log_file.h"
#include "load/sender.h"
#include "mail/header.h"
#include "net/io_threads.h"
#include "net/task_group.h"

namespace postrider::load {

using boost::asio::awaitable;
using Steady = std::chrono::steady_clock;

struct Generator::State {
  /// What lives on one io thread.
  struct Thread {
    explicit Thread(boost::asio::io_context& context) : tasks(context.get_executor(), "load") {}
    Figures figures;
    std::list<Sender> senders;
    net::TaskGroup tasks;
  };

  State(Options wanted, std::unique_ptr<LogFile> file, std::shared_ptr<const net::TlsClient> client)
      : options(std::move(wanted)),
        run(random_number()),
        tls(std::move(client)),
        tickets(options.messages, options.until_accepted),
        log(std::move(file)),
        io(options.threads) {}

  awaitable<void> run_sender(Sender& sender) {
    co_await sender.run();
    if (--open == 0) {
      took = std::chrono::duration_cast<std::chrono::microseconds>(Steady::now() - began);
      ended();
    }
  }

  void make_job() {
    std::optional<Steady::time_point> end;
    if (options.longest) {
      end = began + *options.longest;
    }
    job.reset(new Job{.options = options,
                      .run = run,
                      .pace = Pace(options.per_second, began),
                      .end = end,
                      .body = std::make_shared<const std::string>(make_body(options.size_bytes)),
                      .date = mail::format_date(SystemClock().now()),
                      .tls = tls,
                      .tickets = tickets,
                      .log = log.get()});
  }

  Options options;
  std::uint32_t run;
  std::shared_ptr<const net::TlsClient> tls;
  Tickets tickets;
  std::unique_ptr<LogFile> log;
  std::unique_ptr<Job> job;  // once it has begun
  Steady::time_point began{};
  std::chrono::microseconds took{0};
  std::atomic<std::uint32_t> open = 0;
  std::function<void()> ended;
  net::IoThreads io;
  std::vector<std::unique_ptr<Thread>> threads;
};

Generator::Generator(std::unique_ptr<State> state) : state_(std::move(state)) {}

Generator::~Generator() {
  stop();
  state_->io.stop();
}

Result<std::unique_ptr<Generator>> Generator::create(Options options) {
  std::unique_ptr<LogFile> log;
  if (!options.log.empty()) {
    TRY(log, LogFile::open(options.log));
  }
  std::shared_ptr<const net::TlsClient> tls;
  if (options.tls != Tls::none) {
    TRY(tls, net::TlsClient::create(false));
  }
  auto state = std::make_unique<State>(std::move(options), std::move(log), std::move(tls));
  return std::unique_ptr<Generator>(new Generator(std::move(state)));
}

std::uint32_t Generator::run() const {
  return state_->run;
}

void Generator::start(std::function<void()> ended) {
  State& state = *state_;
  state.began = Steady::now();
  state.make_job();
  state.ended = std::move(ended);
  state.open = state.options.connections;
  for (std::size_t i = 0; i < state.io.count(); ++i) {
    state.threads.push_back(std::make_unique<State::Thread>(state.io.context(i)));
  }
  for (std::uint32_t i = 0; i < state.options.connections; ++i) {
    State::Thread& thread = *state.threads[i % state.threads.size()];
    Sender& sender = thread.senders.emplace_back(*state.job, thread.figures);
    thread.tasks.spawn(state.run_sender(sender));
  }
  state.io.start();
}

void Generator::stop() {
  state_->tickets.stop();
}

Result<Generator::Summary> Generator::finish() {
  state_->io.stop();
  if (state_->log) {
    TRY_VOID(state_->log->flush());
  }
  Summary summary;
  summary.took = state_->took;
  for (const auto& thread : state_->threads) {
    summary.figures.add(thread->figures);
  }
  const Figures& figures = summary.figures;
  const std::uint64_t done =
      state_->options.until_accepted ? figures.messages_accepted : figures.messages;
  const std::uint64_t wanted = state_->options.messages.value_or(done);
  summary.untried = wanted - std::min(wanted, done);
  summary.was_cut_short = figures.gave_up == state_->options.connections ||
                          (figures.gave_up > 0 && summary.untried > 0);
  return summary;
}

}  // namespace postrider::load
