// The consumer of the event log that counts: "statistics".
//
// Opens and clicks are people's, and proxies' that fetch for people; those of other machines have
// counters of their own. Where a verdict changes, they are moved in the rows of their own time.
//
// It alone writes the rows of counters. What it wrote lately it has in memory, so that a row is
// read once and not at every batch. (Operands that RocksDB merges need no reading at all, but the
// total of an hour then has tens of thousands of them, and whoever asks adds them up.)
//
// It can begin again at the first event only: a row can't tell which events are in it.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "events/consumers.h"
#include "events/event_store.h"
#include "statistics/campaign_people.h"
#include "statistics/counts.h"
#include "statistics/reader_set.h"
#include "statistics/way.h"
#include "store/store.h"

namespace postrider::statistics {

class Counter final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "statistics";

  /// `rows_kept`: in memory between batches. The store must outlive it.
  explicit Counter(const store::Store& store, std::size_t rows_kept = 30'000)
      : store_(store),
        rows_kept_(rows_kept),
        events_(events::make_event_store(store)),
        ways_(*events_),
        readers_(store),
        people_(store) {}

  std::string_view name() const override { return kName; }
  /// A row costs as much to write for one event as for a thousand: so few, large batches.
  std::size_t batch() const override { return 10'000; }
  std::chrono::milliseconds pause() const override { return std::chrono::milliseconds(300); }
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  void forget() override {
    rows_.clear();
    ways_.forget();
    readers_.forget();
    people_.forget();
  }
  Result<> can_begin_at(std::uint64_t next) const override;
  void begin_at(std::uint64_t next, store::Step& step) override;

 private:
  using Rows = std::unordered_map<std::string, Counts>;
  Result<> count_hit(const events::Event& event, Rows& groups);
  Result<> count_person(const events::Event& event, const Way& way, Counts& counts);
  Result<> move_hit(const events::Event& reassessed, Rows& groups);
  Result<std::optional<events::Event>> hit_at(std::uint64_t sequence) const;
  Result<> uncount(const events::Event& hit, const ReaderSet::First& first, const Way& way,
                   Rows& groups);
  Result<Counts*> row(const std::string& key);

  const store::Store& store_;
  const std::size_t rows_kept_;
  const std::unique_ptr<events::EventStore> events_;
  Ways ways_;
  ReaderSet readers_;
  CampaignPeople people_;
  Rows rows_;  // as they are in the database, by key
};

}  // namespace postrider::statistics
