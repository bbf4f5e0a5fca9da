#include "search/index_key.h"

#include <algorithm>
#include <xxhash.h>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::search {
namespace {

constexpr std::size_t kWordsMost = 12;
constexpr std::size_t kLongestWord = 32;
constexpr std::size_t kNameBytes = 1 + 8 + 8;
constexpr unsigned kSecondShift = 23;  // 32768 ticks of 256 ids (base/ids.h)
constexpr std::uint64_t kWithinSecond = (std::uint64_t{1} << kSecondShift) - 1;

std::string name_bytes(const ListName& list) {
  std::string bytes;
  bytes.reserve(kNameBytes + 2 * sizeof(std::uint64_t));
  bytes.push_back(static_cast<char>(list.kind));
  put_u64(bytes, list.account.value);
  put_u64(bytes, list.hash);
  return bytes;
}

bool is_of_word(char c) {
  return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}

}  // namespace

ListName list_of(Kind kind, AccountId account, std::string_view value) {
  return {.kind = kind, .account = account, .hash = XXH3_64bits(value.data(), value.size())};
}

std::uint64_t second_of(RecipientId id) {
  return id.value >> kSecondShift;
}

std::string row_key(const ListName& list, std::uint64_t second, std::uint64_t tag) {
  std::string key = rows_from(list, second);
  put_u64(key, tag);
  return key;
}

std::string rows_from(const ListName& list, std::uint64_t second) {
  std::string key = name_bytes(list);
  put_u64(key, ~second);
  return key;
}

std::string rows_end(const ListName& list) {
  return name_bytes(list) + std::string(2 * sizeof(std::uint64_t) + 1, '\xff');
}

std::uint64_t second_in(std::string_view key) {
  Reader reader(key.substr(std::min(key.size(), kNameBytes)));
  return ~reader.u64();
}

std::string encode_ids(std::span<const RecipientId> ids) {
  std::string value;
  value.reserve(1 + 2 * ids.size());
  std::uint64_t before = 0;
  for (const RecipientId id : ids) {
    const std::uint64_t within = id.value & kWithinSecond;
    put_varint(value, within - before);
    before = within;
  }
  return value;
}

bool decode_ids(std::uint64_t second, std::string_view value, std::vector<RecipientId>& ids) {
  Reader reader(value);
  std::uint64_t id = second << kSecondShift;
  while (!reader.at_end()) {
    id += reader.varint();
    if (!reader.ok() || second_of(RecipientId{id}) != second) {
      return false;
    }
    ids.push_back(RecipientId{id});
  }
  return true;
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
