// What the queues cost a recipient, with as many others in them as the argument says.
#include <algorithm>
#include <benchmark/benchmark.h>
#include <chrono>
#include <optional>
#include <random>
#include <string>
#include <utility>

#include "queue/ready_queue.h"
#include "queue/retry_policy.h"
#include "queue/scheduled_queue.h"

namespace postrider::queue {
namespace {

constexpr std::chrono::hours kSpan{4};  // over which due times are spread

Waiting waiting(std::uint64_t number, Time due) {
  Waiting one;
  one.message = MessageId{number << 8};
  one.account = AccountId{42};
  one.attempts = 1;
  one.due = due;
  one.domain = "d" + std::to_string(number % 1000) + ".example";
  return one;
}

/// Takes the earliest and puts it back with another time, as a retry that fails does.
void bench_scheduled(benchmark::State& state) {
  std::mt19937_64 random(1);
  const auto later = [&random](Time from) {
    return from + std::chrono::milliseconds(random() % std::chrono::milliseconds(kSpan).count());
  };
  ScheduledQueue queue;
  const Time start{};
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    queue.add(waiting(static_cast<std::uint64_t>(i), later(start)));
  }
  for (auto _ : state) {
    const Time now = *queue.next_due();
    std::optional<Waiting> due = queue.take_due(now);
    due->due = later(now);
    queue.add(*std::move(due));
  }
}
BENCHMARK(bench_scheduled)->Arg(1000)->Arg(100'000)->Arg(1'000'000);

void bench_ready(benchmark::State& state) {
  ReadyQueue queue;
  for (std::int64_t i = 0; i < state.range(0); ++i) {
    queue.add(waiting(static_cast<std::uint64_t>(i), {}));
  }
  for (auto _ : state) {
    queue.add(*queue.take());
  }
}
BENCHMARK(bench_ready)->Arg(1000)->Arg(1'000'000);

void bench_next_attempt(benchmark::State& state) {
  const RetryPolicy policy;
  std::uint32_t failures = 0;
  for (auto _ : state) {
    ++failures;
    benchmark::DoNotOptimize(policy.next_attempt({}, {}, failures % 8 + 1, failures));
  }
}
BENCHMARK(bench_next_attempt);

}  // namespace
}  // namespace postrider::queue
