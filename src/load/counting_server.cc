#include "load/counting_server.h"

#include <string>
#include <utility>

#include "load/log_file.h"
#include "load/tally.h"
#include "net/io_threads.h"
#include "net/listener.h"
#include "net/stream.h"
#include "net/task_group.h"
#include "smtp/server_session.h"

namespace postrider::load {

using boost::asio::awaitable;
using tcp = boost::asio::ip::tcp;
using smtp::Envelope;
using smtp::Reply;
using smtp::SessionInfo;

namespace {

class CountingHandler final : public smtp::SessionHandler {
 public:
  explicit CountingHandler(Tally& tally) : tally_(tally) {}

  Reply connected(const SessionInfo& /*session*/) override {
    return {.code = 220, .enhanced = "", .text = "counts, and keeps nothing"};
  }

  awaitable<Reply> authenticate(const SessionInfo& /*session*/, std::string /*user*/,
                                std::string /*password*/) override {
    co_return Reply{.code = 535, .enhanced = "5.7.8", .text = "nobody authenticates here"};
  }

  awaitable<Reply> mail(const SessionInfo& /*session*/, const Envelope& /*envelope*/) override {
    co_return Reply{.code = 250, .enhanced = "2.1.0", .text = "OK"};
  }

  awaitable<Reply> recipient(const SessionInfo& /*session*/, const Envelope& /*envelope*/,
                             const smtp::Recipient& /*recipient*/) override {
    co_return Reply{.code = 250, .enhanced = "2.1.5", .text = "OK"};
  }

  awaitable<Reply> data(const SessionInfo& /*session*/, const Envelope& /*envelope*/) override {
    co_return Reply{.code = 354, .enhanced = "", .text = "Go ahead"};
  }

  awaitable<Reply> message(const SessionInfo& /*session*/, Envelope envelope,
                           std::string content) override {
    const auto now =
        std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
    tally_.take(envelope, content, now);
    co_return Reply{.code = 250, .enhanced = "2.0.0", .text = "OK: counted"};
  }

  void ended(const SessionInfo& /*session*/, const std::string& /*why*/) override {}

 private:
  Tally& tally_;
};

std::shared_ptr<const smtp::ServerOptions> session_options(const CountingOptions& options) {
  auto session = std::make_shared<smtp::ServerOptions>();
  session->hostname = "mx.counts.example";
  session->message_bytes_max = 1 << 30;
  session->recipients_max = 100'000;
  session->auth_offered = false;
  session->auth_required = false;
  session->timeouts.write = std::chrono::seconds(5);  // how long stop() waits for a message
  if (options.tls) {
    session->tls = [tls = options.tls] { return tls; };
  }
  return session;
}

}  // namespace

struct CountingServer::State {
  /// What lives on one io thread.
  struct Thread {
    Thread(boost::asio::io_context& context, net::Listener on)
        : listener(std::move(on)), tasks(context.get_executor(), "counting") {}
    net::Listener listener;
    net::TaskGroup tasks;
    std::uint64_t sessions = 0;
  };

  State(std::unique_ptr<LogFile> file, const CountingOptions& options)
      : log(std::move(file)),
        tally(log.get()),
        session(session_options(options)),
        io(options.threads) {}

  Result<> listen(const tcp::endpoint& endpoint) {
    std::vector<boost::asio::any_io_executor> executors;
    for (std::size_t i = 0; i < io.count(); ++i) {
      executors.emplace_back(io.context(i).get_executor());
    }
    TRY(std::vector<net::Listener> listeners, net::listen(executors, endpoint),
        "starting to count");
    for (std::size_t i = 0; i < io.count(); ++i) {
      Thread& thread =
          *threads.emplace_back(std::make_unique<Thread>(io.context(i), std::move(listeners[i])));
      thread.tasks.spawn(thread.listener.run(
          [this, &thread](tcp::socket socket) { serve(thread, std::move(socket)); }));
    }
    return {};
  }

  void serve(Thread& thread, tcp::socket socket) {
    tally.add_session();
    thread.tasks.spawn(smtp::serve_session(net::Stream(std::move(socket)), session,
                                           std::make_unique<CountingHandler>(tally),
                                           "count-" + std::to_string(++thread.sessions)));
  }

  std::unique_ptr<LogFile> log;  // null: none
  Tally tally;
  std::shared_ptr<const smtp::ServerOptions> session;
  net::IoThreads io;
  std::vector<std::unique_ptr<Thread>> threads;
};

CountingServer::CountingServer(std::unique_ptr<State> state) : state_(std::move(state)) {}

CountingServer::~CountingServer() {
  stop();
}

Result<std::unique_ptr<CountingServer>> CountingServer::start(CountingOptions options) {
  std::unique_ptr<LogFile> log;
  if (!options.log.empty()) {
    TRY(log, LogFile::open(options.log));
  }
  auto state = std::make_unique<State>(std::move(log), options);
  TRY_VOID(state->listen(options.endpoint));
  state->io.start();
  return std::unique_ptr<CountingServer>(new CountingServer(std::move(state)));
}

tcp::endpoint CountingServer::endpoint() const {
  return state_->threads.front()->listener.local();
}

CountingFigures CountingServer::figures() const {
  return state_->tally.figures();
}

Result<> CountingServer::flush() {
  return state_->log ? state_->log->flush() : Result<>();
}

void CountingServer::stop() {
  for (std::size_t i = 0; i < state_->threads.size(); ++i) {
    state_->io.mailbox(i).post([thread = state_->threads[i].get()] {
      thread->listener.close();
      thread->tasks.cancel();
    });
  }
  state_->io.stop();
}

}  // namespace postrider::load
