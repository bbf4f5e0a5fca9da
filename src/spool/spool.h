// The durable store of messages: from the 250 that we answered to the last recipient's settlement.
//
// The body is stored once however many recipients. A change is written into a step (store/step.h)
// together with the event that tells of it; the caller commits the step. A message with several
// recipients is forgotten in a step of its own, after the steps of all recipients are durable, so
// that no crash can lose an event.
//
// Any thread. Reading blocks for a moment on the disk.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "spool/message.h"
#include "store/step.h"

namespace postrider::store {
class Store;
}

namespace postrider::spool {

/// A message found at the start. `states[i]` is nothing for a recipient that is as it was accepted.
struct Recovered {
  Message message;
  std::vector<std::optional<RecipientState>> states;
};

struct RecoveryFigures {
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;  ///< that wait
  std::uint64_t set_aside = 0;   ///< records that could not be read
};

/// The bytes of a message, and what tracking will change in them.
struct Content {
  std::string bytes;
  std::string plan;  ///< as track::encode_plan() has it; empty: nothing
};

class Spool {
 public:
  virtual ~Spool() = default;

  /// `plan`: of a message that is_tracked; kept with its bytes.
  virtual void add(store::Step& step, const Message& message,
                   std::shared_ptr<const std::string> content, std::string_view plan) = 0;
  virtual void defer(store::Step& step, MessageId id, std::uint32_t index,
                     const RecipientState& state) = 0;

  /// Recipient `index` of `count` is done with. True: the message is gone with this step; false:
  /// when the step is durable, call settled().
  virtual bool settle(store::Step& step, MessageId id, std::uint32_t index, std::uint32_t count,
                      bool was_tried) = 0;
  /// One recipient's settlement is durable. If it was the message's last, writes into the returned
  /// step what makes the spool forget it.
  virtual std::optional<store::Step> settled(MessageId id, std::uint32_t count) = 0;

  /// Errc::not_found: settled meanwhile. Errc::corrupt: damaged. Others: not now.
  virtual Result<Message> read(MessageId id) const = 0;
  virtual Result<Content> read_content(MessageId id) const = 0;
  virtual Result<std::optional<RecipientState>> read_state(MessageId id,
                                                           std::uint32_t index) const = 0;

  /// Writes a damaged message's record, and what is known of its recipients, into the table of what
  /// was set aside and takes it out of the spool; its content stays, for people to look at. Where
  /// it is not there (any more), only what may be left of its recipients goes.
  virtual Result<> set_aside(store::Step& step, MessageId id) = 0;

  /// Every waiting message, in order of acceptance. What can't be read is set aside in `repairs`,
  /// with one text for each in `problems`; the caller commits that step. Call once, before all
  /// else.
  virtual Result<RecoveryFigures> recover(const std::function<void(Recovered)>& take,
                                          store::Step& repairs,
                                          std::vector<std::string>& problems) = 0;
};

/// On the embedded database, which must outlive it.
std::unique_ptr<Spool> make_spool(const store::Store& store);

}  // namespace postrider::spool
