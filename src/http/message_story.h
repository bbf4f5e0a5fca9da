// The story of one message: what was accepted, what became of each recipient, and every event on
// the way, also after the message has left the spool.
//
// Asked for by the id of the message or of any of its recipients. A message has as many recipients
// as the spool says or, once it has left, as have events: their ids follow one another.
//
// Blocks for a moment on the disk; any thread. Errors: not_found, and those of the stores.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "events/event_store.h"
#include "spool/spool.h"

namespace postrider::http {

struct RecipientStory {
  RecipientId id;
  std::string address;
  bool is_waiting = false;
  events::Type last = events::Type::accepted;  ///< of the events that say how it stands
  std::uint64_t attempts = 0;
  std::optional<Time> due;  ///< waiting
  std::string site;
  std::string last_reply;
};

struct MessageStory {
  MessageId id;
  std::optional<spool::Message> message;  ///< while a recipient waits
  std::uint32_t recipients_in_all = 0;
  std::vector<RecipientStory> recipients;  ///< at most `limit`, with the one that was asked for
  std::vector<events::Event> events;       ///< about these, in order
};

Result<MessageStory> tell_story(const spool::Spool& spool, const events::EventStore& events,
                                RecipientId id, std::uint32_t limit);

}  // namespace postrider::http
