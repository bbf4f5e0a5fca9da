// What it costs to ask whether an address is suppressed, and what the list keeps in memory.
#include <benchmark/benchmark.h>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "net/io_threads.h"
#include "suppression/list.h"

namespace {

using namespace postrider;
using suppression::Filter;

const suppression::Secret kSecret{1, 2, 3};
const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr AccountId kShop{7};

mail::Address address(std::uint64_t number) {
  return {.local = "customer." + std::to_string(number), .domain = "example.net"};
}

// Addresses that are not on the list, against an account's and the global one.
void look_up_in_filter(benchmark::State& state) {
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  Filter filter;
  for (std::uint64_t i = 0; i < entries; ++i) {
    filter.add(suppression::fingerprint_of(kShop, suppression::hash_of(address(i), kSecret)));
  }
  std::vector<mail::Address> asked;
  for (std::uint64_t i = 0; i < 100'000; ++i) {
    asked.push_back(address(entries + i * 7919));
  }
  std::size_t next = 0;
  std::uint64_t mistaken = 0;
  for (auto _ : state) {
    const auto hash = suppression::hash_of(asked[next], kSecret);
    next = next + 1 == asked.size() ? 0 : next + 1;
    mistaken += filter.may_contain(suppression::fingerprint_of(kShop, hash)) ? 1 : 0;
    mistaken += filter.may_contain(suppression::fingerprint_of(AccountId{0}, hash)) ? 1 : 0;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["memory_MB"] = static_cast<double>(filter.bytes()) / 1e6;
  state.counters["mistaken_%"] =
      50.0 * static_cast<double>(mistaken) / static_cast<double>(state.iterations());
}
// Iterations are fixed, so that the list is made once.
BENCHMARK(look_up_in_filter)->Arg(1'000)->Arg(1'000'000)->Arg(10'000'000)->Iterations(1'000'000);

/// A store with `entries` addresses on the list of kShop.
class Listed {
 public:
  explicit Listed(std::uint64_t entries)
      : folder_("/tmp/suppression-bench." + std::to_string(::getpid())) {
    std::filesystem::create_directory(folder_);
    store = *store::Store::open({.directory = folder_ / "db", .reserve_bytes = 1 << 20});
    store->start([](const Error&) {});
    suppression::List list(*store, kSecret);
    suppression::Writing writing(list);
    for (std::uint64_t i = 0; i < entries;) {
      std::vector<store::Store::Request> requests(1);
      for (const std::uint64_t end = i + 5'000; i < end && i < entries; ++i) {
        suppression::Change change;
        change.reason = suppression::Reason::hard_bounce;
        change.time = kNow;
        change.address = mail::to_string(address(i));
        writing.put(requests[0].step, kShop, address(i), change, i);
      }
      store->submit(requests);
      while (store->figures().steps * 5'000 + 50'000 < i) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
    }
    while (store->figures().steps * 5'000 < entries) {
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }
  ~Listed() {
    store.reset();
    std::filesystem::remove_all(folder_);
  }

  std::unique_ptr<store::Store> store;

 private:
  std::filesystem::path folder_;
};

void look_up_in_list(benchmark::State& state, bool is_listed) {
  const auto entries = static_cast<std::uint64_t>(state.range(0));
  const Listed listed(entries);
  suppression::List list(*listed.store, kSecret);
  const auto begun = std::chrono::steady_clock::now();
  list.start();
  while (!list.figures().is_ready) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  const std::chrono::duration<double> filled = std::chrono::steady_clock::now() - begun;
  std::uint64_t next = 0;
  for (auto _ : state) {
    next = (next + 7919) % entries;
    benchmark::DoNotOptimize(
        list.find(kShop, address(is_listed ? next : entries + next), "bulk", kNow));
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
  state.counters["fill_s"] = filled.count();
  state.counters["memory_MB"] = static_cast<double>(list.figures().bytes) / 1e6;
  state.counters["disk_MB"] = static_cast<double>(listed.store->disk_bytes()) / 1e6;
}
BENCHMARK_CAPTURE(look_up_in_list, not_listed, false)->Arg(1'000'000)->Iterations(500'000);
BENCHMARK_CAPTURE(look_up_in_list, listed, true)->Arg(1'000'000)->Iterations(50'000);

}  // namespace
