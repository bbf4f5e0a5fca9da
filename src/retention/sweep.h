// What goes once a day besides events: rows of the search index whose recipients' events have gone,
// counters and readers past their time, requests in the logs of webhooks, whatever state these are
// in, and what was set aside because it could not be read: events once the log begins behind them,
// messages (their content with them) that were accepted before the longest retention of events.
//
// A table is read from its begin to its end, in pieces; what is old is erased. Thread: one, which
// may block. Errors: those of the store.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "directory/directory.h"
#include "retention/options.h"
#include "store/store.h"

namespace postrider::retention {

class Sweep {
 public:
  struct Parts {
    const store::Store& store;
    const directory::Directory& directory;
    std::function<Result<>(store::Step)> commit;  ///< returns once it is durable
  };
  /// The oldest event that is there.
  struct Oldest {
    std::uint64_t sequence = 1;
    Time time{};
  };
  /// `log_for`: of requests of webhooks.
  Sweep(Parts parts, const Options& options, Time now, Oldest oldest, Duration log_for);

  /// A bounded piece. True: there is more.
  Result<bool> step();

 private:
  using IsOld = std::function<bool(std::string_view key)>;
  Result<bool> sweep(store::Table table, const IsOld& is_old);
  Result<> trim_webhooks();
  Result<bool> sweep_set_aside();
  Time horizon_of(AccountId account) const;

  Parts parts_;
  std::shared_ptr<const directory::Snapshot> snapshot_;
  Time now_;
  Time events_from_;
  Time counters_from_;
  Duration log_for_;
  std::uint64_t first_event_;
  MessageId first_message_;  ///< accepted within the longest retention
  int stage_ = 0;
  std::string place_;  ///< where the table is read on
};

}  // namespace postrider::retention
