// What a message's own header says that is to be done with it: fields that are read and never
// leave.
//
//   X-Mailjet-Campaign       groups messages: at most 255 letters, digits, spaces, "-" and "_"
//   X-MJ-CustomID            the sender's own name for the message: one line, at most 1,024 bytes
//   X-MJ-EventPayload        told with each of its events: at most 8,192 bytes
//   X-Mailjet-TrackOpen      "0": no pixel, "1": a pixel; without it as the account has it
//   X-Mailjet-TrackClick     the same of links
//   X-Postrider-Stream       "bulk" or "transactional"; without it by credential and look
//   X-Postrider-Privacy      how much tracking may know (base/privacy.h); never more than the
//                            account allows
//
// Names in any case; values unfolded, their encoded words (RFC 2047) read, trimmed; each field once
// at most. An empty value says nothing. All other X-MJ-, X-Mailjet- and X-Postrider- fields are
// taken out too, and mean nothing here. Pure; any thread.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "base/privacy.h"
#include "base/result.h"
#include "events/event.h"
#include "mail/header.h"
#include "spool/message.h"

namespace postrider::relay {

struct Instructions {
  spool::Labels labels;
  std::optional<bool> opens;
  std::optional<bool> clicks;
  std::optional<Privacy> privacy;
  std::optional<bool> is_bulk;
};

/// Whether a field of this name is for us: it must not leave.
bool is_instruction(std::string_view name);

/// Errc::invalid: the submission is refused, in words fit for a reply ("554 5.6.0 X-MJ-...").
Result<Instructions> read_instructions(const std::vector<mail::Field>& fields);

void add_labels(const spool::Labels& labels, events::Event& event);

}  // namespace postrider::relay
