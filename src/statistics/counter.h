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

#include "events/consumers.h"
#include "events/event_store.h"
#include "statistics/campaign_people.h"
#include "statistics/counts.h"
#include "statistics/reader_set.h"
#include "statistics/sums.h"
#include "statistics/way.h"
#include "store/row_cache.h"
#include "store/store.h"

namespace postrider::statistics {

class Counter final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "statistics";

  /// `rows_kept`: in memory between batches. The store must outlive it.
  explicit Counter(const store::Store& store, std::size_t rows_kept = 120'000)
      : store_(store),
        events_(events::make_event_store(store)),
        ways_(*events_),
        readers_(store),
        people_(store),
        rows_(rows_kept) {}

  std::string_view name() const override { return kName; }
  /// A row costs as much to write for one event as for a thousand: so few, large batches.
  std::size_t batch() const override { return 50'000; }
  std::size_t page() const override { return 500; }
  std::chrono::milliseconds pause() const override { return std::chrono::milliseconds(300); }
  events::FieldSet reads() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  bool is_full() const override { return sums_.cells() >= kCellsMost; }
  Result<> finish(store::Step& step) override;
  void forget() override {
    sums_.clear();
    rows_.clear();
    ways_.forget();
    readers_.forget();
    people_.forget();
  }
  Result<> can_begin_at(std::uint64_t next) const override;
  void begin_at(std::uint64_t next, store::Step& step) override;

 private:
  /// Of a batch. Each becomes two to four rows, which are in memory with the step that writes them.
  static constexpr std::size_t kCellsMost = 20'000;

  Result<> count_hit(const events::Event& event);
  Result<> count_person(const events::Event& event, const Way& way, Addend& addend);
  Result<> move_hit(const events::Event& reassessed);
  Result<std::optional<events::Event>> hit_at(std::uint64_t sequence) const;
  Result<> uncount(const events::Event& hit, const ReaderSet::First& first, const Way& way);
  Result<Counts*> row(const std::string& key);

  const store::Store& store_;
  const std::unique_ptr<events::EventStore> events_;
  Ways ways_;
  ReaderSet readers_;
  CampaignPeople people_;
  Sums sums_;  // of the batch
  store::RowCache<Counts> rows_;
};

}  // namespace postrider::statistics
