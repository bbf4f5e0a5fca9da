// The consumer of the event log that judges opens and clicks again once it is seen what else
// happened to the recipient: "machines". A change of verdict is an event of its own, `reassessed`,
// in the step that moves the cursor.
//
// What it says follows from the log and the rules alone, so that it can begin again anywhere: what
// was changed before stands in the log and is not told twice. Of a recipient it looks at the first
// 200 events: verdicts are settled minutes after the delivery.
#pragma once

#include <functional>
#include <set>
#include <span>
#include <string_view>
#include <utility>

#include "events/consumers.h"
#include "events/event_store.h"
#include "links/link_store.h"
#include "links/machine_rules.h"

namespace postrider::links {

class MachineJudge final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "machines";

  /// `timing`: asked for each batch. The others outlive it.
  MachineJudge(const events::EventStore& events, const LinkStore& links,
               std::function<Timing()> timing)
      : events_(events), links_(links), ask_timing_(std::move(timing)) {}

  std::string_view name() const override { return kName; }
  std::size_t batch() const override { return 4000; }
  std::span<const events::Type> wants() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  void begin_at(std::uint64_t /*next*/, store::Step& /*step*/) override {}

 private:
  Result<> judge(RecipientId recipient, Time now, const Timing& timing, store::Step& step) const;

  const events::EventStore& events_;
  const LinkStore& links_;
  const std::function<Timing()> ask_timing_;
};

}  // namespace postrider::links
