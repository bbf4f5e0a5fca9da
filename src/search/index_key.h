// The index of recipients: a list for each value that one may look for, newest recipient first.
//
// A list is kept in rows. The key: kind, account, hash of the value (64 bits of XXH3), the second
// in which the row's recipients were given their ids, turned round so that lists are read forwards,
// and a tag that tells the rows of one second apart. The value: the ids. Two values may share a
// hash: whoever shows what was found compares.
//
// Pure; any thread. Kinds are on disk: only append.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"

namespace postrider::search {

enum class Kind : std::uint8_t {
  all = 1,          ///< value: empty
  recipient = 2,    ///< address in lower case
  sender = 3,       ///< address of From:, else of the envelope, in lower case
  word = 4,         ///< of the subject
  status = 5,       ///< name of the type of an event that says how it stands
  category = 6,     ///< that an attempt was judged as
  provider = 7,     ///< site that an attempt went to
  left_status = 8,  ///< name of a status in whose list it stands and which it no longer has
  campaign = 9,     ///< as the sender named it
  custom_id = 10,   ///< the sender's own name for the message
};

/// What the keys of one list begin with.
struct ListName {
  Kind kind = Kind::all;
  AccountId account;
  std::uint64_t hash = 0;

  auto operator<=>(const ListName&) const = default;
};

ListName list_of(Kind kind, AccountId account, std::string_view value);

/// Of an id: the second in which it was given.
std::uint64_t second_of(RecipientId id);

std::string row_key(const ListName& list, std::uint64_t second, std::uint64_t tag);
/// From here on lie the rows of `second` and of those before it.
std::string rows_from(const ListName& list, std::uint64_t second);
std::string rows_end(const ListName& list);
/// Of a row's key.
std::uint64_t second_in(std::string_view key);

/// `ids`: of one second, ascending.
std::string encode_ids(std::span<const RecipientId> ids);
/// Appends what encode_ids() made; false: it did not.
bool decode_ids(std::uint64_t second, std::string_view value, std::vector<RecipientId>& ids);

/// In the order of the text, each once, ASCII letters in lower case: runs of letters, digits and
/// bytes beyond ASCII. At most 12, each cut at 32 bytes.
std::vector<std::string> words_of(std::string_view subject);

}  // namespace postrider::search
