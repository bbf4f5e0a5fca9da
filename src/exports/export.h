// An export: a consumer of the event log that hands what it reads to a destination, and moves its
// cursor, "export:NAME", when the destination has it. So each event arrives at least once, in the
// order of the log, and again after a crash in between; who must not count twice goes by
// `sequence`.
//
// While the destination does not take anything, the batch in hand is what is in memory; it is tried
// again after 1 s, doubled each time up to 30 s. Thread: as events::Consumer.
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "events/consumers.h"
#include "exports/destination.h"
#include "exports/options.h"

namespace postrider::dns {
class Resolver;
}
namespace postrider::events {
class EventStore;
}

namespace postrider::exports {

class Export final : public events::Consumer {
 public:
  /// Which account has this name now.
  using FindAccount = std::function<std::optional<AccountId>(const std::string& name)>;

  Export(Options options, std::unique_ptr<Destination> destination, FindAccount find_account);

  std::string_view name() const override { return cursor_; }
  std::size_t batch() const override { return options_.batch; }
  std::chrono::milliseconds pause() const override { return options_.gather; }
  std::span<const events::Type> wants() const override { return options_.types; }
  std::uint64_t begins_at(std::uint64_t end) const override {
    return options_.start == Start::end ? end : 1;
  }
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  std::chrono::milliseconds try_again(std::uint64_t failures) const override;
  void idle() override;
  void stop_waiting() override { destination_->stop_waiting(); }
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  void begin_at(std::uint64_t /*next*/, store::Step& /*step*/) override {
    destination_->begin_again();
  }

 private:
  const Options options_;
  const std::string cursor_;
  const std::unique_ptr<Destination> destination_;
  const FindAccount find_account_;
};

/// What exports use; outlives them.
struct Parts {
  dns::Resolver& resolver;
  const events::EventStore& events;
  Export::FindAccount find_account;
};
/// Errc::invalid says what is wrong with the options.
Result<std::unique_ptr<Export>> make_export(const Options& options, const Parts& parts);

/// Errc::invalid: what of it can't be, beyond what single values show.
Result<> check_options(const Options& options);

}  // namespace postrider::exports
