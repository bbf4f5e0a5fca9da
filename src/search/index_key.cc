#include "search/index_key.h"

#include <algorithm>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::search {
namespace {

constexpr std::size_t kWordsMost = 12;
constexpr std::size_t kLongestWord = 32;
constexpr std::size_t kListBytes = 1 + 8 + 8;

bool is_of_word(char c) {
  return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

std::string list_of(Kind kind, AccountId account, std::string_view value) {
  std::string list;
  list.reserve(kListBytes + sizeof(std::uint64_t));
  list.push_back(static_cast<char>(kind));
  put_u64(list, account.value);
  put_u64(list, XXH3_64bits(value.data(), value.size()));
  return list;
}

std::string entry_of(std::string_view list, RecipientId id) {
  std::string entry(list);
  put_u64(entry, ~id.value);
  return entry;
}

RecipientId id_of(std::string_view entry) {
  Reader reader(entry.substr(std::min(entry.size(), kListBytes)));
  return RecipientId{~reader.u64()};
}

std::vector<std::string> words_of(std::string_view subject) {
  std::vector<std::string> words;
  while (!subject.empty() && words.size() < kWordsMost) {
    const auto* const begin = std::ranges::find_if(subject, is_of_word);
    subject.remove_prefix(static_cast<std::size_t>(begin - subject.begin()));
    const auto* const end = std::ranges::find_if_not(subject, is_of_word);
    const auto length = static_cast<std::size_t>(end - subject.begin());
    std::string word = lower(subject.substr(0, std::min(length, kLongestWord)));
    subject.remove_prefix(length);
    if (!word.empty() && std::ranges::find(words, word) == words.end()) {
      words.push_back(std::move(word));
    }
  }
  return words;
}

}  // namespace postrider::search
