// Writes down what became of each attempt: one step that changes the spool, appends the event and,
// where it is asked for, adds the report to the sender.
//
// The step is a note (store/store.h): it rides with the next commit, 5 ms later at most. A crash in
// between sends that copy once more, which no relay can avoid.
//
// What was not answered with 2xx is classified here, once; the decision, the event and all that
// follows from events go by that verdict (docs/bounces.md). A delivery pays nothing for it.
//
// RFC 3461, 5.2 (when a report is sent). Reports go to the envelope sender as submitted, and only
// if its domain is one of the account's: none goes to a foreign one.
//
// Thread: record() on io thread `thread`.
#pragma once

#include <array>
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <vector>

#include "base/clock.h"
#include "bounce/classifier.h"
#include "delivery/disposition.h"
#include "delivery/options.h"
#include "delivery/recorder.h"
#include "directory/directory.h"
#include "events/event_store.h"
#include "relay/intake.h"
#include "relay/refusal_counts.h"
#include "relay/set_up_alerts.h"
#include "relay/traffic.h"
#include "spool/spool.h"
#include "store/committer.h"
#include "store/store.h"

namespace postrider::relay {

class OutcomeRecorder final : public delivery::Recorder {
 public:
  struct Parts {
    const Clock& clock;
    const store::Store& store;
    spool::Spool& spool;
    const events::EventStore& events;
    const directory::Directory& directory;
    std::vector<store::Committer>& committers;
    Intake& intake;
    std::function<std::shared_ptr<const delivery::Options>()> options;
    std::function<std::shared_ptr<const bounce::Classifier>()> classifier;  ///< of the moment
    std::string hostname;
    Traffic* traffic = nullptr;  ///< null: nobody asks
  };
  explicit OutcomeRecorder(Parts parts) : parts_(std::move(parts)) {}

  std::optional<queue::Waiting> record(std::size_t thread, delivery::Attempt attempt) override;

  bool can_record() const override { return parts_.store.takes_writes(); }

  /// Attempts since the start, by outcome.
  std::uint64_t count(delivery::Outcome outcome) const {
    return counts_[static_cast<std::size_t>(outcome)].load(std::memory_order_relaxed);
  }
  const RefusalCounts& refusals() const { return refusals_; }

 private:
  struct Told;
  Result<std::shared_ptr<const queue::Fresh>> message_of(const delivery::Attempt& attempt) const;
  std::optional<queue::Waiting> without_message(std::size_t thread, delivery::Attempt attempt,
                                                const Error& why);
  std::optional<queue::Waiting> after_defect(std::size_t thread, delivery::Attempt attempt);
  void set_aside(std::size_t thread, const queue::Waiting& waiting, const std::string& why);
  events::Event event_of(const Told& told) const;
  void count(const Told& told, const events::Event& event);
  void ask_for_mending(store::Step& step, const Told& told);
  void settle(std::size_t thread, store::Step step, const Told& told);
  std::optional<queue::Waiting> defer(std::size_t thread, store::Step step, Told told);
  std::vector<queue::Waiting> add_report(store::Step& step, const Told& told);

  Parts parts_;
  std::array<std::atomic<std::uint64_t>, 5> counts_{};
  RefusalCounts refusals_;
  SetUpAlerts alerts_;
};

}  // namespace postrider::relay
