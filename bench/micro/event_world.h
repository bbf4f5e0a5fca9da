// A database with an event log of some size for benchmarks, its consumers, and what they cost.
// Made once, in the current folder; gone with the process.
//
// Environment: EVENTS (6,000,000); MINUTES that they are spread over (30 days). ONE_BY_ONE=1: the
// log is written first and each consumer reads it by itself, so that each one's cost is seen with
// what it writes; without it all run while the log is written, as they do in the relay.
#pragma once

#include <atomic>
#include <chrono>
#include <ctime>
#include <filesystem>
#include <fmt/core.h>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>

#include "directory/directory.h"
#include "event_traffic.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "health/monitor.h"
#include "net/io_threads.h"
#include "search/indexer.h"
#include "statistics/counter.h"
#include "store/store.h"

namespace postrider::bench {

inline std::uint64_t wanted(const char* name, std::uint64_t otherwise) {
  const char* value = std::getenv(name);
  return value == nullptr ? otherwise : std::strtoull(value, nullptr, 10);
}

/// Processor time: what counts on a machine that is busy with other things, too.
class Cost {
 public:
  /// Of the whole process since it was made, flushes and compaction included; in microseconds.
  double of_each(double events) const {
    return static_cast<double>(std::clock() - begin_) / CLOCKS_PER_SEC * 1e6 / events;
  }
  double seconds() const {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start_).count();
  }
  /// The same of each thread that still runs, by its name.
  std::string by_thread(double events) const {
    std::string text;
    for (const auto& [name, seconds] : threads()) {
      const auto before = before_.find(name);
      const double used = seconds - (before == before_.end() ? 0 : before->second);
      if (used * 1e6 / events >= 0.005) {
        text += fmt::format("{}{} {:.2f}", text.empty() ? "" : ", ", name, used * 1e6 / events);
      }
    }
    return text;
  }

 private:
  static std::map<std::string, double> threads() {
    std::map<std::string, double> all;
    for (const auto& task : std::filesystem::directory_iterator("/proc/self/task")) {
      std::string name;
      std::uint64_t nanoseconds = 0;
      std::getline(std::ifstream(task.path() / "comm"), name);
      std::ifstream(task.path() / "schedstat") >> nanoseconds;
      all[name] += static_cast<double>(nanoseconds) * 1e-9;
    }
    return all;
  }

  const std::clock_t begin_ = std::clock();
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  const std::map<std::string, double> before_ = threads();
};

class EventWorld {
 public:
  EventWorld() {
    std::setvbuf(stdout, nullptr, _IOLBF, 0);  // it takes minutes: what is known is shown
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    store_ = store::Store::open({.directory = folder_ / "db"}).value();
    store_->start([](const Error& why) { fmt::print("latched: {}\n", why.text()); });
    events_ = events::make_event_store(*store_);
    directory_ =
        *directory::Directory::open(folder_ / "directory.sqlite", directory::OpenMode::read_write);
    for (std::uint64_t id = 1; id <= kAccounts; ++id) {
      accounts_.push_back(directory_->add_account("a" + std::to_string(id), kBegin).value().id);
    }
    completing_ = std::thread([this] { io_.run(); });
    if (wanted("ONE_BY_ONE", 0) == 0) {
      fill_with({"statistics", "search", "health"}, "ingested");
    } else {
      fill_with({}, "appended");
      for (const char* name : {"statistics", "search", "health"}) {
        read_with(name);
      }
    }
    measure_sizes();
  }
  ~EventWorld() {
    store_.reset();
    work_.reset();
    completing_.join();
    directory_.reset();
    std::filesystem::remove_all(folder_);
  }
  EventWorld(const EventWorld&) = delete;
  EventWorld& operator=(const EventWorld&) = delete;

  const store::Store& store() const { return *store_; }
  const events::EventStore& events() const { return *events_; }
  const std::vector<AccountId>& accounts() const { return accounts_; }
  std::chrono::minutes spread_over() const { return over_; }

 private:
  /// The time of the events.
  class TheirClock final : public Clock {
   public:
    Time now() const override { return Time(Duration(now_.load())); }
    Time steady_now() const override { return now(); }
    std::optional<Duration> real_wait(Time /*due*/) const override { return std::nullopt; }
    void on_jump(std::function<void()> /*jumped*/) override {}
    void set(Time now) { now_ = now.time_since_epoch().count(); }

   private:
    std::atomic<Duration::rep> now_ = kBegin.time_since_epoch().count();
  };

  std::unique_ptr<events::Consumer> made(std::string_view name) {
    if (name == "statistics") {
      return std::make_unique<statistics::Counter>(*store_);
    }
    if (name == "search") {
      return std::make_unique<search::Indexer>();
    }
    return std::make_unique<health::Monitor>(
        health::Monitor::Parts{.clock = clock_,
                               .store = *store_,
                               .events = *events_,
                               .directory = *directory_,
                               .figures = health_,
                               .limits = [] { return health::Limits(); },
                               .pauses_changed = {}});
  }

  double count() const { return static_cast<double>(events_->last_sequence()); }

  void tell(const char* what, const Cost& cost) const {
    fmt::print(
        "{}: {:.0f} events, {:.2f} us of processor time each ({:.0f}/s on one core), "
        "{:.0f}/s as it went\n  by thread: {}\n",
        what, count(), cost.of_each(count()), 1e6 / cost.of_each(count()), count() / cost.seconds(),
        cost.by_thread(count()));
  }

  void fill_with(const std::vector<std::string_view>& names, const char* what) {
    events::Consumers consumers(*store_, *events_, mailbox_);
    for (const std::string_view name : names) {
      consumers.add(made(name));
    }
    const Cost cost;
    consumers.start();
    append_all();
    wait_for(consumers);
    tell(what, cost);
  }

  void read_with(const char* name) {
    events::Consumers consumers(*store_, *events_, mailbox_);
    consumers.add(made(name));
    const Cost cost;
    consumers.start();
    wait_for(consumers);
    tell(name, cost);
  }

  static void wait_for(const events::Consumers& consumers) {
    for (std::size_t i = 0; i < consumers.figures().size();) {
      const events::ConsumerFigures figures = consumers.figures()[i];
      if (!figures.problem.empty()) {
        fmt::print("{}: {}\n", figures.name, figures.problem);
      }
      if (figures.lag == 0) {
        ++i;
      } else {
        std::this_thread::sleep_for(std::chrono::milliseconds(10));
      }
    }
  }

  void append_all() {
    const auto recipients = static_cast<std::uint64_t>(
        static_cast<double>(wanted("EVENTS", 6'000'000)) / kEventsOfARecipient);
    EventTraffic traffic(recipients, over_);
    for (std::uint64_t number = 0; number < recipients;) {
      store::Step step;
      for (int i = 0; i < 200 && number < recipients; ++i) {
        traffic.append(*events_, step, number++);
      }
      clock_.set(traffic.latest());
      commit(std::move(step));
    }
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

  /// When compaction has come to rest.
  void measure_sizes() const {
    using store::Table;
    std::uint64_t before = 1;
    std::uint64_t now = 0;
    const auto bytes = [&](std::initializer_list<Table> tables) {
      std::uint64_t sum = 0;
      for (const Table table : tables) {
        sum += store_->bytes_of(table);
      }
      return static_cast<double>(sum) / count();
    };
    while (now != before) {
      before = std::exchange(now, 0);
      std::this_thread::sleep_for(std::chrono::seconds(3));
      now = store_->disk_bytes();
    }
    const double log = bytes({Table::event, Table::event_about});
    const double counters = bytes({Table::counter});
    const double index = bytes({Table::search});
    const double health = bytes({Table::health});
    fmt::print(
        "on disk: {:.1f} bytes an event: log {:.1f}, counters {:.1f}, index {:.1f}, "
        "health {:.1f}\n",
        log + counters + index + health, log, counters, index, health);
  }

  const std::filesystem::path folder_ = "events_bench.tmp";
  const std::chrono::minutes over_{wanted("MINUTES", 30 * 24 * 60)};
  TheirClock clock_;
  health::Figures health_;
  boost::asio::io_context io_;
  std::optional<boost::asio::executor_work_guard<boost::asio::io_context::executor_type>> work_{
      io_.get_executor()};
  net::Mailbox mailbox_{io_};
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<events::EventStore> events_;
  std::unique_ptr<directory::Directory> directory_;
  std::thread completing_;
  std::vector<AccountId> accounts_;
};

}  // namespace postrider::bench
