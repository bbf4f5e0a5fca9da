#include "track/token.h"

#include <algorithm>
#include <cassert>
#include <cstring>
#include <sodium.h>

namespace postrider::track {
namespace {

constexpr std::size_t kFrontBytes = 1 + 4 + 7;
constexpr std::size_t kCoveredBytes = kFrontBytes + 3 + 2;
constexpr std::size_t kTagBytes = 12;
constexpr std::size_t kTokenBytes = kCoveredBytes + kTagBytes;
constexpr std::size_t kMacBytes = crypto_generichash_BYTES_MIN;
constexpr std::string_view kPurpose = "postrider tracking token 1";
constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
static_assert((kTokenBytes * 8 + 5) / 6 == kTokenLetters);

using Bytes = std::array<unsigned char, kTokenBytes>;

consteval std::array<std::int8_t, 256> letter_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(-1);
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::int8_t>(i);
  }
  return values;
}
constexpr std::array<std::int8_t, 256> kValues = letter_values();

void put(unsigned char* out, std::uint64_t value, int bytes) {
  for (int i = bytes; i-- > 0; value >>= 8) {
    out[i] = static_cast<unsigned char>(value);
  }
}

std::uint64_t get(const unsigned char* in, int bytes) {
  std::uint64_t value = 0;
  for (int i = 0; i < bytes; ++i) {
    value = value << 8 | in[i];
  }
  return value;
}

void write_letters(const Bytes& bytes, char* out) {
  std::size_t letter = 0;
  for (std::size_t i = 0; i + 2 < bytes.size(); i += 3) {
    const std::uint32_t group = static_cast<std::uint32_t>(get(bytes.data() + i, 3));
    for (int shift = 18; shift >= 0; shift -= 6) {
      out[letter++] = kLetters[group >> shift & 63];
    }
  }
  const std::uint32_t last = static_cast<std::uint32_t>(get(&bytes[kTokenBytes - 2], 2)) << 2;
  for (int shift = 12; shift >= 0; shift -= 6) {
    out[letter++] = kLetters[last >> shift & 63];
  }
}
static_assert(kTokenBytes % 3 == 2);

/// Nothing for foreign letters, another length, or bits behind the last byte.
std::optional<Bytes> read_letters(std::string_view text) {
  if (text.size() != kTokenLetters) {
    return std::nullopt;
  }
  Bytes bytes{};
  std::uint32_t held = 0;
  int bits = 0;
  std::size_t count = 0;
  for (const char c : text) {
    const std::int8_t value = kValues[static_cast<unsigned char>(c)];
    if (value < 0) {
      return std::nullopt;
    }
    held = held << 6 | static_cast<std::uint32_t>(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[count++] = static_cast<unsigned char>(held >> bits);
    }
  }
  const bool has_rest = (held & ((1U << bits) - 1)) != 0;
  return has_rest ? std::nullopt : std::optional(bytes);
}

crypto_generichash_state* state_in(unsigned char* bytes) {
  static_assert(sizeof(crypto_generichash_state) == 384 && alignof(crypto_generichash_state) <= 64);
  return reinterpret_cast<crypto_generichash_state*>(bytes);
}

/// `state` is used up.
void append_tag(unsigned char* state, unsigned char* bytes) {
  std::array<unsigned char, kMacBytes> mac{};
  crypto_generichash_update(state_in(state), bytes, kCoveredBytes);
  crypto_generichash_final(state_in(state), mac.data(), mac.size());
  std::memcpy(bytes + kCoveredBytes, mac.data(), kTagBytes);
}

}  // namespace

std::string_view path_of(TokenKind kind) {
  switch (kind) {
    case TokenKind::open:
      return "/o/";
    case TokenKind::click:
      return "/c/";
    case TokenKind::app_click:
      return "/a/";
    case TokenKind::unsubscribe:
      return "/u/";
  }
  return "/";
}

Result<TokenKeys> TokenKeys::create(const std::vector<Entry>& entries) {
  TokenKeys keys;
  for (const Entry& entry : entries) {
    if (keys.find(entry.id) != nullptr) {
      return fail(Errc::invalid, "two tracking keys have the id " + std::to_string(entry.id));
    }
    Prepared prepared{.id = entry.id, .state = {}};
    auto* state = state_in(prepared.state.bytes.data());
    crypto_generichash_init(state, entry.key.data(), entry.key.size(), kMacBytes);
    // A whole block: it is worked off here, together with the key's.
    std::array<unsigned char, 128> purpose{};
    std::ranges::copy(kPurpose, purpose.begin());
    crypto_generichash_update(state, purpose.data(), purpose.size());
    keys.keys_.push_back(prepared);
  }
  if (keys.keys_.empty()) {
    return fail(Errc::invalid, "there is no tracking key");
  }
  return keys;
}

const TokenKeys::Prepared* TokenKeys::find(std::uint8_t id) const {
  const auto found = std::ranges::find(keys_, id, &Prepared::id);
  return found == keys_.end() ? nullptr : &*found;
}

TokenKeys::Maker TokenKeys::maker(AccountId account, MessageId message) const {
  assert(account.value <= 0xFFFFFFFFU && message.value < kIdLimit);
  Maker maker;
  maker.state_ = keys_.front().state;
  maker.front_[0] = keys_.front().id;
  put(&maker.front_[1], account.value, 4);
  put(&maker.front_[5], message.value, 7);
  return maker;
}

std::optional<TokenContent> TokenKeys::read(std::string_view token, TokenKind kind,
                                            std::optional<AccountId> account) const {
  const auto bytes = read_letters(token);
  const Prepared* key = bytes ? find((*bytes)[0]) : nullptr;
  if (key == nullptr) {
    return std::nullopt;
  }
  Bytes expected = *bytes;
  State state = key->state;
  append_tag(state.bytes.data(), expected.data());
  // In constant time, so that nobody finds a valid tag byte by byte.
  if (sodium_memcmp(expected.data(), bytes->data(), kTokenBytes) != 0) {
    return std::nullopt;
  }
  const auto last = static_cast<std::uint32_t>(get(&(*bytes)[15], 2));
  const TokenContent content{.account = AccountId{get(&(*bytes)[1], 4)},
                             .message = MessageId{get(&(*bytes)[5], 7)},
                             .recipient = static_cast<std::uint32_t>(get(&(*bytes)[12], 3)),
                             .kind = static_cast<TokenKind>(last >> 13),
                             .link = static_cast<std::uint16_t>(last & (kTokenLinksMax - 1))};
  if (content.kind != kind || (account && *account != content.account)) {
    return std::nullopt;
  }
  return content;
}

void TokenKeys::Maker::make(std::uint32_t recipient, TokenKind kind, std::uint16_t link,
                            char* out) const {
  assert(recipient < kTokenRecipientsMax && link < kTokenLinksMax);
  Bytes bytes;
  std::memcpy(bytes.data(), front_.data(), kFrontBytes);
  put(&bytes[kFrontBytes], recipient, 3);
  put(&bytes[kFrontBytes + 3], static_cast<std::uint32_t>(kind) << 13 | link, 2);
  State state = state_;
  append_tag(state.bytes.data(), bytes.data());
  write_letters(bytes, out);
}

TokenText TokenKeys::Maker::make(std::uint32_t recipient, TokenKind kind,
                                 std::uint16_t link) const {
  TokenText text;
  make(recipient, kind, link, text.data());
  return text;
}

std::string TokenKeys::Maker::url(std::string_view base, std::uint32_t recipient, TokenKind kind,
                                  std::uint16_t link) const {
  const TokenText token = make(recipient, kind, link);
  std::string text(base);
  text += path_of(kind);
  text.append(token.data(), token.size());
  return text;
}

}  // namespace postrider::track
