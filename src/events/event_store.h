// The event log: appending to it as part of a step, and reading it.
//
// An event travels in the step whose story it tells, so that nothing is told that did not happen
// and nothing happens untold. Reading is by sequence number, or by recipient.
//
// Any thread; reading blocks for a moment on the disk. Errors: those of the store; corrupt records
// are skipped and counted in Page::unreadable.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "events/event.h"
#include "store/step.h"

namespace postrider::store {
class Store;
}

namespace postrider::events {

struct Page {
  std::vector<Event> events;
  std::uint64_t next = 0;  ///< where to go on: the sequence number behind the last one read
  std::uint64_t unreadable = 0;
  std::vector<std::uint64_t> unreadable_at;  ///< their sequence numbers
};

class EventStore {
 public:
  virtual ~EventStore() = default;

  virtual void append(store::Step& step, const Event& event) const = 0;
  virtual void append(store::Step& step, const SharedEvent& event, RecipientId recipient,
                      std::string_view to) const = 0;

  /// Of the `limit` events from this sequence on, in order, those of the types `only`; none: all.
  /// Of each the `wanted` fields.
  virtual Result<Page> read(std::uint64_t from, std::size_t limit, std::span<const Type> only = {},
                            FieldSet wanted = FieldSet::all()) const = 0;
  /// All events about the `count` recipients of a message, in order, of the types `only`; none:
  /// all.
  virtual Result<Page> about(MessageId message, std::uint32_t count,
                             std::span<const Type> only = {}) const = 0;
  /// The oldest events about it, at most `limit`: the first is `accepted`, as long as the log has
  /// it. However many came later.
  virtual Result<Page> first_about(RecipientId recipient, std::size_t limit) const = 0;
  /// The oldest event of this type among its oldest `limit`, with the `wanted` fields; nothing:
  /// there is none.
  virtual Result<std::optional<Event>> first_about(RecipientId recipient, Type type,
                                                   std::size_t limit, FieldSet wanted) const = 0;
  virtual std::uint64_t last_sequence() const = 0;
};

/// On the embedded database, which must outlive it.
std::unique_ptr<EventStore> make_event_store(const store::Store& store);

}  // namespace postrider::events
