// What smtp/ costs for the content of each message: MB/s.
#include <benchmark/benchmark.h>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/content_check.h"
#include "smtp/content_scanner.h"
#include "smtp/dot_stuffing.h"

namespace postrider::smtp {
namespace {

constexpr std::size_t kReadBytes = 16 * 1024;  // as much as one read brings

/// Lines of 72 bytes; every `dotted`-th begins with a dot (0: none does).
std::string lines(std::size_t size, std::size_t dotted) {
  std::string text;
  for (std::size_t i = 1; text.size() < size; ++i) {
    text += dotted != 0 && i % dotted == 0 ? '.' : ' ';
    text += std::string(69, 'a' + static_cast<char>(i % 26)) + "\r\n";
  }
  return text;
}

std::string on_the_wire(const std::string& content) {
  const std::string_view piece = content;
  std::vector<std::string_view> wire;
  append_stuffed(std::span(&piece, 1), wire);
  wire.push_back(end_of_data(std::span(&piece, 1)));
  std::string bytes;
  for (const std::string_view part : wire) {
    bytes += part;
  }
  return bytes;
}

void count_bytes(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) *
                          static_cast<std::int64_t>(bytes));
}

void bench_unstuff(benchmark::State& state) {
  const std::string wire = on_the_wire(
      lines(static_cast<std::size_t>(state.range(0)), static_cast<std::size_t>(state.range(1))));
  for (auto _ : state) {
    ContentScanner scanner(64 << 20);
    scanner.expect(wire.size());
    for (std::string_view rest = wire; !rest.empty();) {
      const std::string_view chunk = rest.substr(0, kReadBytes);
      rest.remove_prefix(scanner.feed(chunk));
    }
    if (scanner.state() != ContentScanner::State::complete) {
      state.SkipWithError("the end was not found");
      return;
    }
    benchmark::DoNotOptimize(scanner.take());
  }
  count_bytes(state, wire.size());
}
BENCHMARK(bench_unstuff)
    ->ArgNames({"bytes", "dotted"})
    ->ArgsProduct({{4 << 10, 50 << 10}, {0, 20}});

void bench_stuff(benchmark::State& state) {
  const std::string content = lines(50 << 10, static_cast<std::size_t>(state.range(0)));
  const std::string_view piece = content;
  std::vector<std::string_view> wire;
  for (auto _ : state) {
    wire.clear();
    append_stuffed(std::span(&piece, 1), wire);
    benchmark::DoNotOptimize(wire.data());
  }
  count_bytes(state, content.size());
}
BENCHMARK(bench_stuff)->ArgName("dotted")->Arg(0)->Arg(20);

void bench_check_content(benchmark::State& state) {
  const std::string content = "Subject: a\r\n\r\n" + lines(50 << 10, 0);
  for (auto _ : state) {
    benchmark::DoNotOptimize(check_content(content, {.line_bytes_max = 1000, .hops_max = 50}));
  }
  count_bytes(state, content.size());
}
BENCHMARK(bench_check_content);

}  // namespace
}  // namespace postrider::smtp
