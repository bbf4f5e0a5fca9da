// The index of recipients: a list for each value that one may look for, newest recipient first.
//
// An entry is a key without a value: kind, account, hash of the value (64 bits of XXH3), and the
// recipient's id with its bits turned round, so that lists are read forwards. Two values may share
// a hash: whoever shows what was found compares.
//
// Pure; any thread. Kinds are on disk: only append.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace postrider::search {

enum class Kind : std::uint8_t {
  all = 1,        ///< value: empty
  recipient = 2,  ///< address in lower case
  sender = 3,     ///< address of From:, else of the envelope, in lower case
  word = 4,       ///< of the subject
  status = 5,     ///< name of the type of the last event that says how it stands
  category = 6,   ///< that an attempt was judged as
  provider = 7,   ///< site that an attempt went to
  campaign = 8,   ///< as the sender named it
  custom_id = 9,  ///< the sender's own name for the message
};

/// What the entries of one list begin with.
std::string list_of(Kind kind, AccountId account, std::string_view value);
std::string entry_of(std::string_view list, RecipientId id);
RecipientId id_of(std::string_view entry);

/// In the order of the text, each once, ASCII letters in lower case: runs of letters, digits and
/// bytes beyond ASCII. At most 12, each cut at 32 bytes.
std::vector<std::string> words_of(std::string_view subject);

/// The lowest id that may have been given at `time` or later.
RecipientId first_id_at(Time time);

}  // namespace postrider::search
