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
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "directory/directory.h"
#include "events/consumers.h"
#include "events/event_store.h"
#include "health/judgement.h"
#include "health/limits.h"
#include "health/rows.h"
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
  explicit Monitor(Parts parts, std::size_t rows_kept = 20'000)
      : parts_(std::move(parts)), rows_kept_(rows_kept) {}

  std::string_view name() const override { return kName; }
  std::span<const events::Type> wants() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  void forget() override;
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  void begin_at(std::uint64_t next, store::Step& step) override;

 private:
  /// What rows are made of: a row's recipients of about one time.
  struct Group {
    RowName name;
    std::int64_t minutes = 0;

    auto operator<=>(const Group&) const = default;
  };
  using ToldRows = std::map<std::string, Told>;  ///< by key: of this batch

  Result<Time> time_of(const events::Event& event) const;
  Result<> judge_row(const RowName& name, const Rates& rates, ToldRows& told, store::Step& step);
  Result<> warn(const RowName& name, const Finding& finding, ToldRows& told, store::Step& step);
  Result<> pause_bulk(const RowName& name, const Finding& finding);
  Result<> tell_pauses(std::span<const AccountId> accounts, ToldRows& told, store::Step& step);
  Result<Rates*> row(const RowName& name, Time counted_from);
  Result<Told*> told_of(const std::string& key, ToldRows& told) const;
  Result<> sweep(store::Step& step);

  Parts parts_;
  const std::size_t rows_kept_;
  std::unordered_map<std::string, Rates> rows_;  ///< as they are in the database, by key
  std::optional<Time> swept_;
  // Of one batch.
  Time now_{};
  Limits limits_;
};

}  // namespace postrider::health
