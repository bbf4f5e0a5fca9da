// Makes events of hits: they queue here, and a thread of its own gathers them for 2 ms, looks up
// what they belong to and appends them to the log in steps that need no sync of their own (notes).
//
// Memory is bounded: once so many wait, no more is taken until there is room, and whoever brings
// hits has to wait. None is dropped. What a crash loses: what waits here, and what has not been
// committed yet. A message whose record can't be found or read gets no event; an unsubscribe does.
//
// Threads: start() and stop() from one; the others any.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "base/result.h"
#include "events/event_store.h"
#include "links/hit.h"
#include "links/link_store.h"
#include "store/step.h"

namespace postrider::net {
class Mailbox;
}

namespace postrider::links {

class HitRecorder {
 public:
  struct Parts {
    store::Store& store;
    const events::EventStore& events;
    const LinkStore& links;
    net::Mailbox& mailbox;  ///< hears of commits
    AddressKept address_kept = AddressKept::truncated;
    /// What is known of readers, as it is now; empty: nothing.
    std::function<std::shared_ptr<const readers::Lookup>()> readers = {};
  };

  /// All of `parts` outlive it.
  explicit HitRecorder(const Parts& parts, std::size_t waiting_max = 10'000);
  ~HitRecorder();  ///< stop()
  HitRecorder(const HitRecorder&) = delete;
  HitRecorder& operator=(const HitRecorder&) = delete;

  void start();
  /// Hands over everything that waits to the store, and ends the thread. Take no more by then.
  void stop();

  /// False: it is full; `hit` is as it was.
  bool take(Hit& hit);
  std::size_t waiting() const;

  /// For what must be durable before it is answered: the step that records it.
  Result<store::Step> step_of(const Hit& hit) const;

 private:
  struct Queue;
  struct Known;
  void run();
  Result<> append(store::Step& step, const Hit& hit, Known& known) const;
  ReaderFacts facts_of(const Hit& hit, const TrackedMessage& message) const;
  void submit(store::Step step);

  const Parts parts_;
  std::shared_ptr<Queue> queue_;  // shared with the completions of steps
  std::thread thread_;
};

}  // namespace postrider::links
