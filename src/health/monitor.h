// The consumer of the event log that watches over accounts: "health".
//
// It counts what becomes of each account's mail, by stream, at all sites and at each (rates.h), and
// judges what has changed (judgement.h). A warning is an event, a line in the log and a count, told
// once a day for each account, stream and measure. Where bulk mail reaches a limit of pausing, the
// directory says from then on that the account's bulk mail is paused, until a person lets it go on;
// the figures count from that moment on. Transactional mail is only warned of: who gave a wrong
// address when signing up must not stop everybody's password resets.
//
// The pause is written to the directory before the event and the cursor are: after a crash in
// between the same batch tells of it.
//
// Reports of our own are not counted. It may begin again anywhere: it forgets its rates and counts
// what comes from there on, as far as that is still in a window.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "directory/directory.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "health/judgement.h"
#include "health/limits.h"
#include "health/rows.h"
#include "store/row_cache.h"
#include "store/store.h"

namespace postrider::health {

/// Counters since the start; for metrics.
struct Figures {
  std::atomic<std::uint64_t> warnings = 0;
  std::atomic<std::uint64_t> pauses = 0;
};

class Monitor final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "health";

  /// All outlive it.
  struct Parts {
    const Clock& clock;
    const store::Store& store;
    const events::EventStore& events;
    directory::Directory& directory;
    Figures& figures;
    std::function<Limits()> limits;        ///< asked for each batch
    std::function<void()> pauses_changed;  ///< called once the directory says so; may be empty
  };
  explicit Monitor(Parts parts, std::size_t rows_kept = 40'000);
  ~Monitor() override;

  std::string_view name() const override { return kName; }
  /// A row costs as much to write for one event as for a thousand: so few, large batches.
  std::size_t batch() const override { return 50'000; }
  std::size_t page() const override { return 500; }
  std::chrono::milliseconds pause() const override { return std::chrono::milliseconds(200); }
  std::span<const events::Type> wants() const override;
  events::FieldSet reads() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  bool is_full() const override;
  Result<> finish(store::Step& step) override;
  void forget() override;
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  void begin_at(std::uint64_t next, store::Step& step) override;

 private:
  struct Group;
  class Groups;
  using ToldRows = std::map<std::string, Told>;  ///< by key: of this batch

  Result<Time> time_of(const events::Event& event) const;
  Result<> judge_row(const RowName& name, const Rates& rates, ToldRows& told, store::Step& step);
  Result<> warn(const RowName& name, const Finding& finding, ToldRows& told, store::Step& step);
  Result<> pause_bulk(const RowName& name, const Finding& finding);
  Result<> tell_pauses(const std::set<AccountId>& accounts, ToldRows& told, store::Step& step);
  Result<Rates*> row(const std::string& key, Time counted_from);
  Result<Told*> told_of(const std::string& key, ToldRows& told) const;
  Result<> sweep(store::Step& step);

  Parts parts_;
  store::RowCache<Rates> rows_;
  std::optional<Time> swept_;
  // Of one batch.
  std::unique_ptr<Groups> groups_;
  Time now_{};
  Limits limits_;
};

}  // namespace postrider::health
