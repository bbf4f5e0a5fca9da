// What consumers of the event log cost, and how long questions take: 6 million events
// (event_traffic.h), counted, indexed and watched over. bench/events runs it and compares with the
// goals.
//
//   taskset -c 0 build/release/bench/micro/events_bench      in the folder whose file system counts
//
// Its environment: event_world.h. Ingest and sizes are printed first.
#include <benchmark/benchmark.h>

#include "event_world.h"
#include "search/find.h"
#include "statistics/query.h"

namespace postrider {
namespace {

const bench::EventWorld& world() {
  static const bench::EventWorld made;
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
      {.terms = {{search::Kind::campaign, "week-2-of-shop0"}, {search::Kind::status, "failed"}}},
      world().accounts());
}
BENCHMARK(by_campaign_and_status)->Unit(benchmark::kMillisecond);

void by_campaign_and_opened(benchmark::State& state) {
  search_page(
      state,
      {.terms = {{search::Kind::campaign, "week-2-of-shop0"}, {search::Kind::status, "opened"}}},
      world().accounts());
}
BENCHMARK(by_campaign_and_opened)->Unit(benchmark::kMillisecond);

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
  query.to = statistics::begin_of(statistics::Span::day, bench::kBegin) + 30 * 24;
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

/// Makes the world, and nothing else: where only ingest is asked for.
void ingest_only(benchmark::State& state) {
  for (auto _ : state) {
    benchmark::DoNotOptimize(&world());
  }
}
BENCHMARK(ingest_only)->Iterations(1);

}  // namespace
}  // namespace postrider
