// The consumer of the event log that keeps the index of recipients: "search".
//
// It reads nothing but events: what a recipient's status was before follows from the event that
// ends it. Recipients that a batch puts into the same list share a row, and a status that begins
// and ends within a batch is never written, so that bulk mail costs about one row a recipient: the
// one by its address. For that it lets events gather for a second.
#pragma once

#include <chrono>
#include <span>
#include <string_view>

#include "events/consumers.h"

namespace postrider::search {

class Indexer final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "search";

  std::string_view name() const override { return kName; }
  std::chrono::milliseconds pause() const override { return std::chrono::seconds(1); }
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  Result<> can_begin_at(std::uint64_t next) const override;
  /// Everything goes.
  void begin_at(std::uint64_t next, store::Step& step) override;
};

}  // namespace postrider::search
