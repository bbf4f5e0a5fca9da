// The consumer of the event log that keeps the index of recipients: "search".
//
// It reads nothing but events: what a recipient's status was before follows from the event that
// ends it, and writing an entry twice changes nothing, so that it may begin again anywhere.
#pragma once

#include <span>
#include <string_view>

#include "events/consumers.h"

namespace postrider::search {

class Indexer final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "search";

  std::string_view name() const override { return kName; }
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  Result<> can_begin_at(std::uint64_t /*next*/) const override { return {}; }
  /// At the first event everything goes; elsewhere entries are written anew over what is there.
  void begin_at(std::uint64_t next, store::Step& step) override;
};

}  // namespace postrider::search
