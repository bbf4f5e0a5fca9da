// What the spool writes into a step for each message, and what reading it back costs; the commit
// itself is store_bench's.
#include <benchmark/benchmark.h>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "spool/message.h"
#include "spool/records.h"
#include "spool/spool.h"
#include "store/store.h"

namespace postrider::spool {
namespace {

Message message(std::uint64_t number, std::int64_t recipients) {
  Message one;
  one.id = MessageId{number << 8};
  one.account = AccountId{42};
  one.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
  for (std::int64_t i = 0; i < recipients; ++i) {
    one.envelope.recipients.push_back(
        {.address = {.local = "u" + std::to_string(i), .domain = "example.net"},
         .notify = 0,
         .orcpt = {}});
  }
  one.from_domain = "example.org";
  one.size = 4096;
  return one;
}

/// A store in a folder of its own, where the benchmark was started.
class Folder {
 public:
  Folder() : path_((std::filesystem::current_path() / "spool-bench-XXXXXX").string()) {
    if (::mkdtemp(path_.data()) != nullptr) {
      open();
    }
  }
  ~Folder() {
    store_.reset();
    std::filesystem::remove_all(path_);
  }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  const store::Store& store() const { return *store_; }

  /// Before anybody has been given the store: it is closed, which commits, and opened again.
  void commit(store::Step step) {
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .urgency = store::Urgency::promise,
                        .completed = {},
                        .reply_to = nullptr});
    store_->submit(requests);
    store_.reset();
    open();
  }

 private:
  void open() {
    store_ = store::Store::open({.directory = std::filesystem::path(path_) / "db"}).value();
    store_->start({});
  }

  std::string path_;
  std::unique_ptr<store::Store> store_;
};

/// Accepted, then settled recipient by recipient, without the commits.
void bench_steps(benchmark::State& state) {
  Folder folder;
  const std::unique_ptr<Spool> spool = make_spool(folder.store());
  const auto content = std::make_shared<const std::string>(4096, 'b');
  const auto count = static_cast<std::uint32_t>(state.range(0));
  std::uint64_t number = 0;
  for (auto _ : state) {
    const Message one = message(++number, state.range(0));
    store::Step accepted;
    spool->add(accepted, one, content, {});
    benchmark::DoNotOptimize(accepted);
    for (std::uint32_t i = 0; i < count; ++i) {
      store::Step settled;
      if (!spool->settle(settled, one.id, i, count, true)) {
        benchmark::DoNotOptimize(spool->settled(one.id, count));
      }
      benchmark::DoNotOptimize(settled);
    }
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(bench_steps)->ArgName("recipients")->Arg(1)->Arg(1000);

void bench_record(benchmark::State& state) {
  const Message one = message(1, state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(decode_message(one.id, encode(one)));
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(bench_record)->ArgName("recipients")->Arg(1)->Arg(1000);

/// A message that waits, as a retry reads it.
void bench_read(benchmark::State& state) {
  constexpr std::uint64_t kMessages = 1000;
  Folder folder;
  const auto content = std::make_shared<const std::string>(4096, 'b');
  store::Step step;
  for (std::uint64_t number = 1; number <= kMessages; ++number) {
    make_spool(folder.store())->add(step, message(number, 1), content, {});
  }
  folder.commit(std::move(step));
  const std::unique_ptr<Spool> spool = make_spool(folder.store());
  std::uint64_t number = 0;
  for (auto _ : state) {
    const MessageId id{(number++ * 7 % kMessages + 1) << 8};
    benchmark::DoNotOptimize(spool->read(id).value());
    benchmark::DoNotOptimize(spool->read_content(id).value());
  }
}
BENCHMARK(bench_read);

}  // namespace
}  // namespace postrider::spool
