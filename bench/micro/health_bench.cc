// What the watch over accounts costs an event: its consumer alone, and with the reading of the log.
#include <benchmark/benchmark.h>
#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "health/monitor.h"

namespace {

using namespace postrider;
using events::Event;
using events::Type;

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr std::size_t kBatch = 1000;
constexpr std::size_t kEvents = 100'000;

/// A log of deliveries, one in a hundred a late bounce, of so many accounts and sites.
class Log {
 public:
  Log(std::size_t accounts, std::size_t sites)
      : folder_("/tmp/health-bench." + std::to_string(::getpid())) {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directory(folder_);
    directory =
        *directory::Directory::open(folder_ / "directory.sqlite", directory::OpenMode::read_write);
    std::vector<AccountId> ids;
    for (std::size_t i = 0; i < accounts; ++i) {
      ids.push_back(directory->add_account("account" + std::to_string(i), kNow)->id);
    }
    store = *store::Store::open({.directory = folder_ / "db", .reserve_bytes = 1 << 20});
    store->start([](const Error&) {});
    log = events::make_event_store(*store);
    std::uint64_t steps = 0;
    for (std::size_t i = 0; i < kEvents; i += kBatch) {
      std::vector<store::Store::Request> requests(1);
      for (std::size_t j = i; j < i + kBatch; ++j) {
        log->append(requests[0].step, event(j, ids, sites));
      }
      store->submit(requests);
      ++steps;
    }
    while (store->figures().steps < steps) {
      std::this_thread::sleep_for(std::chrono::milliseconds(5));
    }
  }
  ~Log() {
    log.reset();
    store.reset();
    directory.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<directory::Directory> directory;
  std::unique_ptr<store::Store> store;
  std::unique_ptr<events::EventStore> log;

 private:
  static Event event(std::size_t number, const std::vector<AccountId>& accounts,
                     std::size_t sites) {
    Event event;
    const bool is_late = number % 100 == 99;
    const std::size_t recipient = is_late ? number - 50 : number;
    event.type = is_late ? Type::bounced : Type::delivered;
    event.time = kNow + std::chrono::milliseconds(number * 10);
    event.account = accounts[recipient % accounts.size()];
    event.message = MessageId{(recipient + 1) * kIdStep};
    event.recipient = RecipientId{event.message.value};
    event.from = "shop@example.org";
    event.from_domain = "example.org";
    event.to = "customer" + std::to_string(recipient) + "@example.net";
    event.stream = "bulk";
    event.site = "mx" + std::to_string(recipient % sites) + ".example.net";
    event.kind = is_late ? "soft" : "";
    return event;
  }

  std::filesystem::path folder_;
};

void take(benchmark::State& state, bool reads) {
  const Log log(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1)));
  const ManualClock clock(kNow + std::chrono::milliseconds(kEvents * 10));
  health::Figures figures;
  health::Monitor monitor({.clock = clock,
                           .store = *log.store,
                           .events = *log.log,
                           .directory = *log.directory,
                           .figures = figures,
                           .limits = [] { return health::Limits(); },
                           .pauses_changed = {}});
  std::vector<events::Page> pages;
  for (std::uint64_t next = 1; pages.size() < kEvents / kBatch; next = pages.back().next) {
    pages.push_back(*log.log->read(next, kBatch, monitor.wants()));
  }
  std::size_t at = 0;
  std::uint64_t count = 0;
  for (auto _ : state) {
    store::Step step;
    const events::Page& known = pages[at];
    if (reads) {
      const auto page = log.log->read(known.events.front().sequence, kBatch, monitor.wants());
      benchmark::DoNotOptimize(monitor.take(page->events, step));
    } else {
      benchmark::DoNotOptimize(monitor.take(known.events, step));
    }
    benchmark::DoNotOptimize(monitor.finish(step));
    count += known.events.size();
    at = (at + 1) % pages.size();
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(count));
}

// Accounts, and sites that each sends to.
void watch(benchmark::State& state) {
  take(state, false);
}
BENCHMARK(watch)->Args({1, 1})->Args({100, 1})->Args({100, 50});

void read_and_watch(benchmark::State& state) {
  take(state, true);
}
BENCHMARK(read_and_watch)->Args({1, 1})->Args({100, 50});

}  // namespace
