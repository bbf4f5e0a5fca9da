// The consumer of the event log that keeps the index of recipients: "search".
//
// It reads nothing but events: what a recipient's status was before follows from the event that
// ends it. Recipients that a batch puts into the same list share a row, and a status that begins
// and ends within a batch is never written, so that bulk mail costs about one row a recipient: the
// one by its address. For that it lets events gather for a second.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "events/consumers.h"

namespace postrider::search {

class Indexer final : public events::Consumer {
 public:
  static constexpr std::string_view kName = "search";

  /// A subject as it stands in the header, as people read it.
  using Readable = std::function<std::string(std::string_view)>;

  /// `readable`: of subjects with encoded words (RFC 2047); empty: they are taken as they stand.
  explicit Indexer(Readable readable = {});
  ~Indexer() override;

  std::string_view name() const override { return kName; }
  std::size_t batch() const override { return 50'000; }
  std::size_t page() const override { return 500; }
  std::chrono::milliseconds pause() const override { return std::chrono::seconds(1); }
  events::FieldSet reads() const override;
  Result<> take(std::span<const events::Event> events, store::Step& step) override;
  bool is_full() const override;
  Result<> finish(store::Step& step) override;
  void forget() override;
  Result<> can_begin_at(std::uint64_t next) const override;
  /// Everything goes.
  void begin_at(std::uint64_t next, store::Step& step) override;

 private:
  class Additions;
  const Readable readable_;
  std::unique_ptr<Additions> additions_;  // of the batch
};

}  // namespace postrider::search
