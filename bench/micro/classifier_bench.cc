// What a refusal costs to judge, and what a hostile one does.
#include <array>
#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include "bounce/classifier.h"
#include "bounce/rule.h"

namespace {

using namespace postrider;

const bounce::Classifier& classifier() {
  static const bounce::Classifier loaded = bounce::Classifier::load().value();
  return loaded;
}

/// Every sample of the shipped rules once: all wordings, short and long.
void classify_samples(benchmark::State& state) {
  std::vector<bounce::Diagnostic> diagnostics;
  for (const bounce::Rule& rule : classifier().rules()) {
    for (const bounce::Sample& sample : rule.samples) {
      diagnostics.push_back(sample.diagnostic());
    }
  }
  std::size_t judged = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(classifier().classify(diagnostics[judged % diagnostics.size()]));
    ++judged;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(judged));
}
BENCHMARK(classify_samples);

/// What is said most: a mailbox that isn't there.
void classify_user_unknown(benchmark::State& state) {
  const bounce::Diagnostic diagnostic{
      .code = 550,
      .enhanced = "5.1.1",
      .text =
          "<ann@example.com>: Recipient address rejected: User unknown in virtual mailbox table",
      .mx = "mx.example.com",
      .provider = {},
      .phase = "rcpt"};
  for (auto _ : state) {
    benchmark::DoNotOptimize(classifier().classify(diagnostic));
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(classify_user_unknown);

std::string hostile(std::int64_t form) {
  std::string unit;
  for (const bounce::Rule& rule : classifier().rules()) {
    for (const bounce::Sample& sample : rule.samples) {
      // Words of all rules, none of them whole: halves, and in another order.
      unit += sample.text.substr(sample.text.size() / 2) + " ";
    }
  }
  const std::array<std::string, 4> units{unit, "550-5.1.1 ", "a@b@", "mailbox user account is "};
  std::string text;
  while (text.size() < 1 << 20) {
    text += units[static_cast<std::size_t>(form)];
  }
  return text;
}

void classify_hostile_megabyte(benchmark::State& state) {
  const std::string text = hostile(state.range(0));
  for (auto _ : state) {
    benchmark::DoNotOptimize(classifier().classify(
        {.code = 550, .enhanced = {}, .text = text, .mx = {}, .provider = {}, .phase = {}}));
  }
}
BENCHMARK(classify_hostile_megabyte)->DenseRange(0, 3)->Unit(benchmark::kMillisecond);

void load(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(bounce::Classifier::load());
  }
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

}  // namespace
