// What a commit costs: steps of one message (4 KiB and its event), settled by a note, with 1 to 512
// waiting for their sync at a time, on one io thread.
//
//   build/release/bench/micro/store_bench        in the folder whose file system is to be measured
//
// steps/sync: how well the group commit groups. us CPU: of the whole process for one message.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <ctime>
#include <filesystem>
#include <memory>
#include <string>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>

#include "base/bytes.h"
#include "store/committer.h"
#include "store/store.h"

namespace postrider::store {
namespace {

namespace asio = boost::asio;

constexpr std::uint64_t kMessages = 4000;  // one iteration

double cpu_seconds() {
  std::timespec used{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
  return static_cast<double>(used.tv_sec) + static_cast<double>(used.tv_nsec) * 1e-9;
}

struct Work {
  Committer& committer;
  std::shared_ptr<const std::string> body = std::make_shared<const std::string>(4096, 'b');
  std::string event = std::string(150, 'e');
  std::uint64_t next = 1;
  std::uint64_t end = 1;
  bool failed = false;
};

Step accepted(const Work& work, std::uint64_t id) {
  std::string key;
  put_u64(key, id);
  Step step;
  step.put(Table::meta, key, std::string(120, 'm'));
  step.put(Table::body, key, "12345", work.body);
  step.append(id, work.event);
  return step;
}

Step settled(const Work& work, std::uint64_t id) {
  std::string key;
  put_u64(key, id);
  Step step;
  step.erase(Table::meta, key);
  step.erase(Table::body, key);
  step.append(id, work.event);
  return step;
}

asio::awaitable<void> submit(Work& work) {
  while (work.next < work.end) {
    const std::uint64_t id = work.next++;
    const Result<> done = co_await work.committer.commit(accepted(work, id));
    work.failed = work.failed || !done;
    work.committer.note(settled(work, id), {});
  }
}

void commit(benchmark::State& state) {
  std::string folder = (std::filesystem::current_path() / "store-bench-XXXXXX").string();
  if (::mkdtemp(folder.data()) == nullptr) {
    state.SkipWithError("no folder of its own here");
    return;
  }
  {
    net::IoThreads threads(1);
    auto store = Store::open({.directory = std::filesystem::path(folder) / "db"}).value();
    store->start({});
    Committer committer(*store, threads.context(0), threads.mailbox(0));
    Work work{.committer = committer};
    threads.start();
    const double cpu = cpu_seconds();
    for (auto _ : state) {
      work.end = work.next + kMessages;
      std::vector<std::future<void>> submitters;
      for (std::int64_t i = 0; i < state.range(0); ++i) {
        submitters.push_back(asio::co_spawn(threads.context(0), submit(work), asio::use_future));
      }
      for (std::future<void>& submitter : submitters) {
        submitter.get();
      }
    }
    const auto messages = static_cast<double>(state.iterations()) * kMessages;
    const StoreFigures figures = store->figures();
    state.counters["messages"] = benchmark::Counter(messages, benchmark::Counter::kIsRate);
    state.counters["us CPU"] = (cpu_seconds() - cpu) / messages * 1e6;
    state.counters["steps/sync"] =
        static_cast<double>(figures.steps) / static_cast<double>(figures.commits);
    threads.stop();
    if (work.failed) {
      state.SkipWithError("a commit failed");
    }
  }
  std::filesystem::remove_all(folder);
}
BENCHMARK(commit)->Arg(1)->Arg(8)->Arg(64)->Arg(512)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace postrider::store
