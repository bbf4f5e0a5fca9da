// What it costs to say which program and device a user agent names.
#include <benchmark/benchmark.h>
#include <string>
#include <vector>

#include <yaml-cpp/yaml.h>

#include "readers/client_cache.h"
#include "readers/files.h"
#include "readers/user_agents.h"

namespace postrider::readers {
namespace {

constexpr const char* kPhone =
    "Mozilla/5.0 (Linux; Android 13; SM-S908B) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/112.0.0.0 Mobile Safari/537.36";

void load(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(UserAgents::load(kInstalledUserAgents).value());
  }
}
BENCHMARK(load)->Unit(benchmark::kMillisecond);

void one_agent(benchmark::State& state) {
  const UserAgents agents = UserAgents::load(kInstalledUserAgents).value();
  for (auto _ : state) {
    benchmark::DoNotOptimize(agents.describe(kPhone));
  }
}
BENCHMARK(one_agent);

/// Those of uap-core's own tests, one after the other.
void different_agents(benchmark::State& state) {
  const UserAgents agents = UserAgents::load(kInstalledUserAgents).value();
  const auto file = kInstalledUserAgents.parent_path() / "tests/test_ua.yaml";
  const YAML::Node rows = YAML::LoadFile(file.string())["test_cases"];
  std::vector<std::string> texts;
  for (const YAML::Node& row : rows) {
    texts.push_back(row["user_agent_string"].as<std::string>());
  }
  std::size_t next = 0;
  for (auto _ : state) {
    benchmark::DoNotOptimize(agents.describe(texts[next++ % texts.size()]));
  }
}
BENCHMARK(different_agents);

void remembered_agent(benchmark::State& state) {
  ClientCache cache;
  cache.put(kPhone, {.family = "Chrome Mobile", .device = "Samsung SM-S908B"});
  for (auto _ : state) {
    benchmark::DoNotOptimize(cache.find(kPhone));
  }
}
BENCHMARK(remembered_agent);

}  // namespace
}  // namespace postrider::readers
