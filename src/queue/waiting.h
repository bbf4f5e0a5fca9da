// A recipient that waits: what the queues hold of it, and no more, because there may be a million.
// Values; one thread at a time.
#pragma once

#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "mail/dkim.h"
#include "spool/message.h"
#include "track/splice.h"

namespace postrider::spool {
struct Recovered;
}

namespace postrider::queue {

/// A message that has just come, kept in memory for its first attempts within a budget.
struct Fresh {
  spool::Message message;
  std::shared_ptr<const std::string> content;
  std::shared_ptr<const track::Splice> splice;  ///< of `content`; null: it goes out as it is
  /// At which its recipients were looked up (suppression/list.h): a first attempt at the same one
  /// need not do so again.
  std::uint64_t suppressions = 0;

  /// Of the body, as DKIM has it: one hash for all copies. Filled by the first that needs it.
  mutable std::once_flag body_hashed;
  mutable mail::BodyHash body_hash{};
};

struct Waiting {
  MessageId message;
  AccountId account;
  std::uint32_t index = 0;     ///< of the recipient in its message
  std::uint32_t count = 1;     ///< recipients of the message
  std::uint32_t attempts = 0;  ///< that have failed
  std::uint8_t elsewhere = 0;  ///< hosts that said nothing in this attempt
  std::uint8_t defects = 0;    ///< attempts that a defect of ours has ended
  bool has_own_copy = false;   ///< bytes that are no other recipient's
  bool is_bulk = false;        ///< its stream: waits while its account's bulk mail is paused
  std::uint8_t laters = 0;     ///< attempts that ended in a 5xx which passes (bounce::Retry::later)
  // Both are steady while delivery has it (delivery/dispatcher.h), else wall times.
  Time accepted{};
  Time due{};                          ///< not before
  std::string domain;                  ///< of the recipient's address
  std::shared_ptr<const Fresh> fresh;  ///< null: to be read from the spool

  RecipientId recipient() const { return recipient_of(message, index); }
};

/// Those of a message found at the start that have not settled.
std::vector<Waiting> waiting_of(const spool::Recovered& found);

}  // namespace postrider::queue
