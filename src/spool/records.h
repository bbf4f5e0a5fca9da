// How the spool's records lie on disk.
//
// Table meta:
// - key: message id (8)
// - value: record of version 2 or 3, the fields of Message in the order of the code; version 1 ends
//   with the recipients, version 2 before `less_known`
//
// Table recipient:
// - key: message id (8), index (4)
// - value: record of version 1 or 2, the fields of RecipientState in the order of the code; version
//   1 ends before `laters`
//
// Table body:
// - key: message id (8)
// - value: version 1 (1), checksum of the content (4), the content
// - or of a tracked message: version 2 (1), checksum of the content (4), size of the plan (4), the
//   plan, which has a checksum of its own, the content
//
// The checksum of a body is in front, so that the content is written from where it lies.
//
// A record begins with its version and ends in a checksum (base/bytes.h); a change of layout is a
// new version, and the old one stays readable. Pure; any thread. Errc::corrupt if it doesn't hold,
// Errc::unavailable if it holds and is of a version that is not known yet.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/result.h"
#include "spool/message.h"
#include "spool/spool.h"

namespace postrider::spool {

std::string message_key(MessageId id);
std::string recipient_key(MessageId id, std::uint32_t index);
MessageId message_of_key(std::string_view key);
std::uint32_t index_of_key(std::string_view key);  ///< of a recipient's key; 2^32 - 1 if it is none

std::string encode(const Message& message);
Result<Message> decode_message(MessageId id, std::string_view record);

std::string encode(const RecipientState& state);
Result<RecipientState> decode_recipient(std::string_view record);

std::string content_prefix(std::string_view content, std::string_view plan);
Result<Content> open_content(std::string stored);

}  // namespace postrider::spool
