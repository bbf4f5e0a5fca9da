// What consumers of the event log cost, and how long questions take: 6 million events of 3 million
// recipients (20 accounts, 400 sending domains, 3,000 sites, 60 days), counted and indexed.
//
//   taskset -c 0 build/release/bench/micro/events_bench      in the folder whose file system counts
//
// EVENTS=600000 in the environment makes it smaller, and MINUTES=2 has the events come within so
// long. Ingest and sizes are printed first.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <fmt/core.h>
#include <memory>
#include <random>
#include <thread>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "events/consumers.h"
#include "events/event_store.h"
#include "net/io_threads.h"
#include "search/find.h"
#include "search/indexer.h"
#include "statistics/counter.h"
#include "statistics/query.h"
#include "store/store.h"

namespace postrider {
namespace {

namespace fs = std::filesystem;
using events::Event;
using events::Type;
using std::chrono::steady_clock;

constexpr std::uint64_t kAccounts = 20;
constexpr std::uint64_t kDomains = 400;
constexpr std::uint64_t kSites = 3000;
constexpr std::uint64_t kWeeks = 8;
constexpr Time kBegin{std::chrono::hours(24) * 20'400};
constexpr std::uint64_t kFirstId = (std::uint64_t{58'492'800} << 15) * kIdStep;  // at kBegin

std::uint64_t events_wanted() {
  const char* wanted = std::getenv("EVENTS");
  return wanted == nullptr ? 6'000'000 : std::strtoull(wanted, nullptr, 10);
}

/// Over which they are spread. In 60 days few events share an hour with another one, which is the
/// hardest case for counters and index; within minutes they come as they do under full load.
std::uint64_t minutes_wanted() {
  const char* wanted = std::getenv("MINUTES");
  return wanted == nullptr ? 60 * 24 * 60 : std::strtoull(wanted, nullptr, 10);
}

double seconds_since(steady_clock::time_point start) {
  return std::chrono::duration<double>(steady_clock::now() - start).count();
}

/// Processor time of the whole process, compaction included: what counts on a machine that is busy
/// with other things, too.
class Cost {
 public:
  std::string of(double events) const {
    const double seconds = static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC;
    return fmt::format("{:.2f} us of processor time an event", seconds * 1e6 / events);
  }

 private:
  const std::clock_t begin_ = std::clock();
};

/// Events as they come: each recipient accepted, and a second later delivered (94%), put off and
/// then delivered (3%, a third event), or failed. Two in three are of a campaign, and one in five
/// of these is opened.
class Traffic {
 public:
  explicit Traffic(std::uint64_t recipients) : recipients_(recipients) {}

  void append(const events::EventStore& store, store::Step& step, std::uint64_t number) {
    Event event = accepted(number);
    store.append(step, event);
    event = attempted(event);
    const std::uint64_t fate = random_() % 100;
    if (fate < 3) {
      event.type = Type::deferred;
      event.code = 451;
      event.reply = "451 4.7.1 greylisted, please try again later";
      store.append(step, event);
      ++event.attempt;
    }
    event.type = fate >= 97 ? Type::failed : Type::delivered;
    event.code = fate >= 97 ? 550 : 250;
    event.reply = fate >= 97 ? "550 5.1.1 <user>: recipient address rejected: user unknown"
                             : "250 2.0.0 Ok: queued as 4F2Hk" + std::to_string(random_());
    event.category = fate >= 97 ? "unknown_recipient" : "";
    store.append(step, event);
    if (event.type == Type::delivered && event.stream == "bulk" && random_() % 5 == 0) {
      store.append(step, opened(event));
    }
  }

 private:
  Event accepted(std::uint64_t number) {
    const std::uint64_t domain = skewed(kDomains);
    Event event;
    event.time =
        kBegin + std::chrono::milliseconds(minutes_wanted() * 60'000 * number / recipients_);
    event.account = AccountId{1 + domain % kAccounts};
    const auto second = static_cast<std::uint64_t>(
        std::chrono::duration_cast<std::chrono::seconds>(event.time - kBegin).count());
    next_ = std::max(next_ + 1, second << 15);
    event.message = MessageId{kFirstId + next_ * kIdStep};
    event.recipient = RecipientId{event.message.value};
    event.from_domain = "shop" + std::to_string(domain) + ".example";
    event.from = "bounces@" + event.from_domain;
    event.header_from = "news@" + event.from_domain;
    event.to = "user" + std::to_string(number % 700'000) + "@mail" +
               std::to_string(skewed(kSites)) + ".example.net";
    event.subject = "Your order " + std::to_string(number % 90'000) + " is on its way to you";
    event.stream = number % 3 == 0 ? "transactional" : "bulk";
    if (event.stream == "bulk") {  // one a week of each domain
      event.campaign = "week-" + std::to_string(number * kWeeks / recipients_) + "-of-shop" +
                       std::to_string(domain);
    }
    event.size = 4000 + random_() % 4000;
    event.session = "a" + std::to_string(number / 20);
    event.client = "192.0.2.17";
    event.user = "user" + std::to_string(domain % kAccounts);
    return event;
  }

  Event attempted(const Event& accepted) {
    Event event = accepted;
    event.header_from = event.subject = event.session = event.client = event.user = "";
    event.site = "mx." + event.to.substr(event.to.find('@') + 1);
    event.mx_host = "mx1." + event.site;
    event.mx_address = "198.51.100." + std::to_string(event.site.size()) + ":25";
    event.source_address = "203.0.113." + std::to_string(event.account.value);
    event.tls_version = "TLSv1.3";
    event.tls_cipher = "TLS_AES_256_GCM_SHA384";
    event.enhanced = "2.0.0";
    event.attempt = 1;
    event.queue_ms = 50 + random_() % 2000;
    event.attempt_ms = 20 + random_() % 300;
    return event;
  }

  static Event opened(const Event& delivered) {
    Event event;
    event.type = Type::opened;
    event.time = delivered.time + std::chrono::hours(2);
    event.account = delivered.account;
    event.message = delivered.message;
    event.recipient = delivered.recipient;
    event.from_domain = delivered.from_domain;
    event.stream = delivered.stream;
    event.campaign = delivered.campaign;
    event.to = delivered.to;
    event.user_agent =
        "Mozilla/5.0 (iPhone; CPU iPhone OS 18_5 like Mac OS X) AppleWebKit/605.1.15";
    event.address = "198.51.100.0";
    return event;
  }

  /// Few are many: the square of an even distribution.
  std::uint64_t skewed(std::uint64_t count) {
    const double even = std::uniform_real_distribution<double>(0, 1)(random_);
    return static_cast<std::uint64_t>(even * even * static_cast<double>(count));
  }

  const std::uint64_t recipients_;
  std::uint64_t next_ = 0;
  std::mt19937_64 random_{7};
};

/// The database with all of it; made once, and gone with the process.
class World {
 public:
  World() {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);  // it takes minutes: what is known is shown
    fs::remove_all(folder_);
    store_ = store::Store::open({.directory = folder_}).value();
    store_->start([](const Error& why) { fmt::print("latched: {}\n", why.text()); });
    events_ = events::make_event_store(*store_);
    completing_ = std::thread([this] { io_.run(); });
    fill();
    const std::uint64_t log_bytes = settled_bytes();
    ingest("counted", std::make_unique<statistics::Counter>(*store_));
    ingest("indexed", std::make_unique<search::Indexer>());
    const std::uint64_t bytes = settled_bytes();
    const auto count = static_cast<double>(events_->last_sequence());
    fmt::print("on disk: {:.0f} bytes an event, {:.0f} of them the log\n",
               static_cast<double>(bytes) / count, static_cast<double>(log_bytes) / count);
    for (std::uint64_t id = 1; id <= kAccounts; ++id) {
      accounts_.push_back(AccountId{id});
    }
  }
  ~World() {
    store_.reset();
    work_.reset();
    completing_.join();
    fs::remove_all(folder_);
  }

  const store::Store& store() const { return *store_; }
  const events::EventStore& events() const { return *events_; }
  const std::vector<AccountId>& accounts() const { return accounts_; }

 private:
  void fill() {
    const std::uint64_t recipients = events_wanted() * 100 / 216;
    Traffic traffic(recipients);
    const auto start = steady_clock::now();
    const Cost cost;
    for (std::uint64_t number = 0; number < recipients;) {
      store::Step step;
      for (int i = 0; i < 200 && number < recipients; ++i) {
        traffic.append(*events_, step, number++);
      }
      commit(std::move(step));
    }
    const auto count = static_cast<double>(events_->last_sequence());
    fmt::print("{:.0f} events appended, {:.0f}/s, {}\n", count, count / seconds_since(start),
               cost.of(count));
  }

  /// One consumer after the other, so that each one's cost is seen.
  void ingest(const char* what, std::unique_ptr<events::Consumer> consumer) {
    events::Consumers consumers(*store_, *events_, mailbox_);
    consumers.add(std::move(consumer));
    const auto start = steady_clock::now();
    const Cost cost;
    consumers.start();
    while (consumers.figures()[0].lag > 0) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
    const auto count = static_cast<double>(events_->last_sequence());
    fmt::print("{} {:.0f} events/s, {}\n", what, count / seconds_since(start), cost.of(count));
  }

  void commit(store::Step step) {
    std::vector<store::Store::Request> requests;
    std::atomic<bool> done = false;
    requests.push_back({.step = std::move(step),
                        .completed =
                            [&done](const Result<>& /*result*/) {
                              done = true;
                              done.notify_one();
                            },
                        .reply_to = &mailbox_});
    store_->submit(requests);
    done.wait(false);
  }

  /// Of the tables, when compaction has come to rest; logs go with the next flush.
  std::uint64_t settled_bytes() const {
    std::uint64_t before = 1;
    std::uint64_t now = 0;
    while (now != before) {
      before = std::exchange(now, 0);
      std::this_thread::sleep_for(std::chrono::seconds(3));
      for (const auto& file : fs::directory_iterator(folder_)) {
        now += file.path().extension() == ".log" ? 0 : file.file_size();
      }
    }
    return now;
  }

  const fs::path folder_ = "events_bench.db";
  boost::asio::io_context io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_{
      io_.get_executor()};
  net::Mailbox mailbox_{io_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<events::EventStore> events_;
  std::thread completing_;
  std::vector<AccountId> accounts_;
};

const World& world() {
  static const World made;
  return made;
}

/// A page as the control API makes it: what was found, and its events.
void search_page(benchmark::State& state, const search::Query& query,
                 const std::vector<AccountId>& accounts) {
  std::size_t found = 0;
  for (auto _ : state) {
    const search::Found page = search::find(world().store(), accounts, query).value();
    for (const RecipientId id : page.ids) {
      benchmark::DoNotOptimize(world().events().about(MessageId{id.value}, 1));
    }
    found = page.ids.size();
  }
  state.counters["found"] = static_cast<double>(found);
}

void by_recipient(benchmark::State& state) {
  const events::Page page = world().events().read(4711 * 2, 100).value();
  search_page(state, {.terms = {{search::Kind::recipient, page.events.front().to}}},
              world().accounts());
}
BENCHMARK(by_recipient)->Unit(benchmark::kMillisecond);

void by_status(benchmark::State& state) {
  search_page(state, {.terms = {{search::Kind::status, "failed"}}}, world().accounts());
}
BENCHMARK(by_status)->Unit(benchmark::kMillisecond);

void by_campaign_and_status(benchmark::State& state) {
  search_page(
      state,
      {.terms = {{search::Kind::campaign, "week-5-of-shop0"}, {search::Kind::status, "failed"}}},
      world().accounts());
}
BENCHMARK(by_campaign_and_status)->Unit(benchmark::kMillisecond);

void by_sender_and_status_of_one_account(benchmark::State& state) {
  search_page(
      state,
      {.terms = {{search::Kind::sender, "news@shop0.example"}, {search::Kind::status, "failed"}}},
      {AccountId{1}});
}
BENCHMARK(by_sender_and_status_of_one_account)->Unit(benchmark::kMillisecond);

void by_three_words_and_status(benchmark::State& state) {
  search_page(state,
              {.terms = {{search::Kind::word, "order"},
                         {search::Kind::word, "way"},
                         {search::Kind::word, "17"},
                         {search::Kind::status, "delivered"}}},
              world().accounts());
}
BENCHMARK(by_three_words_and_status)->Unit(benchmark::kMillisecond);

void ask(benchmark::State& state, statistics::Query query) {
  query.to = statistics::begin_of(statistics::Span::day, kBegin) + 60 * 24;
  query.from = query.to - 30 * 24;
  std::uint64_t rows = 0;
  for (auto _ : state) {
    const statistics::Answer answer = statistics::ask(world().store(), query).value();
    rows = answer.rows.size() + answer.left_off;
  }
  state.counters["rows"] = static_cast<double>(rows);
}

void chart_of_one_domain_30_days(benchmark::State& state) {
  ask(state, {.of = statistics::Dimension::domain, .value = "shop7.example"});
}
BENCHMARK(chart_of_one_domain_30_days)->Unit(benchmark::kMillisecond);

void chart_of_all_30_days(benchmark::State& state) {
  ask(state, {});
}
BENCHMARK(chart_of_all_30_days)->Unit(benchmark::kMillisecond);

void every_domain_30_days(benchmark::State& state) {
  ask(state, {.by = statistics::Query::By::dimension, .dimension = statistics::Dimension::domain});
}
BENCHMARK(every_domain_30_days)->Unit(benchmark::kMillisecond);

void every_provider_30_days(benchmark::State& state) {
  ask(state,
      {.by = statistics::Query::By::dimension, .dimension = statistics::Dimension::provider});
}
BENCHMARK(every_provider_30_days)->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace postrider
