// A message that we have answered for, without its bytes, and what became of each recipient so far.
// Values.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/privacy.h"
#include "smtp/transaction.h"

namespace postrider::spool {

/// What the sender wants told again with everything that happens to the message.
struct Labels {
  std::string campaign;   ///< groups messages
  std::string custom_id;  ///< the sender's own name for it
  std::string payload;    ///< whatever else

  bool operator==(const Labels&) const = default;
};

struct Message {
  MessageId id;
  AccountId account;
  Time accepted{};
  smtp::Envelope envelope;  ///< recipient number i has the id recipient_of(id, i)
  std::string from_domain;  ///< of the From: header; whose keys sign. Empty: a report of our own
  std::uint64_t size = 0;   ///< of the content; of a recipient's copy where it is tracked
  bool is_bulk = false;     ///< stream
  bool lacks_message_id = false;   ///< each recipient's copy is given one of its own
  bool lacks_unsubscribe = false;  ///< so is it with List-Unsubscribe
  bool has_eight_bit_header = false;
  bool has_eight_bit_body = false;
  bool has_dot_lines = true;
  bool has_long_lines = false;  ///< over 998 octets: not for DATA (RFC 5321, 4.5.3.1.6)
  Labels labels;
  bool is_tracked = false;         ///< there is a plan: each recipient's copy has links of its own
  Privacy privacy = Privacy::off;  ///< of its tracking, as it was when the message came

  /// Recipients who want less known of them, as they wanted when the message came; by index.
  std::vector<LessKnown> less_known;

  /// Whether no recipient's bytes will do for another.
  bool has_own_copies() const { return is_tracked || lacks_unsubscribe; }
  std::string_view stream() const { return is_bulk ? "bulk" : "transactional"; }
  std::uint32_t recipient_count() const {
    return static_cast<std::uint32_t>(envelope.recipients.size());
  }
};

/// Of a recipient that has been tried, or has settled while others of its message wait.
struct RecipientState {
  std::uint32_t attempts = 0;
  Time due{};
  bool is_settled = false;
  std::uint8_t laters = 0;  ///< attempts that ended in a 5xx which passes
  std::string site;         ///< where it was tried last
  std::string last_reply;   ///< on one line, printable, at most 500 bytes

  bool operator==(const RecipientState&) const = default;
};

}  // namespace postrider::spool
