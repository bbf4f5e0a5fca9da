#include "mail/return_path.h"

#include <sodium.h>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::mail {
namespace {

constexpr char kVersion = 1;
constexpr std::size_t kMacSize = 8;
constexpr std::size_t kTokenBytes = 1 + sizeof(std::uint64_t) + kMacSize;
constexpr std::size_t kTokenLetters = (kTokenBytes * 8 + 4) / 5;
constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyz234567";

std::string base32(std::string_view bytes) {
  std::string out;
  out.reserve(kTokenLetters);
  std::uint32_t held = 0;
  int bits = 0;
  for (const char byte : bytes) {
    held = held << 8 | static_cast<unsigned char>(byte);
    for (bits += 8; bits >= 5; bits -= 5) {
      out.push_back(kLetters[held >> (bits - 5) & 31]);
    }
  }
  if (bits > 0) {
    out.push_back(kLetters[held << (5 - bits) & 31]);
  }
  return out;
}

/// Nothing for foreign letters, and for bits behind the last byte: one token has one spelling.
std::optional<std::string> decode_base32(std::string_view text) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : text) {
    const auto value = kLetters.find(to_lower(c));
    if (value == std::string_view::npos) {
      return std::nullopt;
    }
    held = held << 5 | static_cast<std::uint32_t>(value);
    bits += 5;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(held >> bits & 0xFF));
    }
  }
  const bool has_rest = (held & ((1U << bits) - 1)) != 0;
  return has_rest ? std::nullopt : std::optional(out);
}

std::string mac(const TokenKey& key, std::string_view bytes) {
  std::array<unsigned char, crypto_generichash_BYTES> full{};
  crypto_generichash(full.data(), full.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                     bytes.size(), key.data(), key.size());
  return {reinterpret_cast<const char*>(full.data()), kMacSize};
}

}  // namespace

std::string make_token(const TokenKey& key, RecipientId recipient) {
  std::string bytes;
  bytes.reserve(kTokenBytes);
  bytes.push_back(kVersion);
  put_u64(bytes, recipient.value);
  bytes += mac(key, bytes);
  return base32(bytes);
}

std::optional<RecipientId> read_token(const TokenKey& key, std::string_view token) {
  const auto bytes = token.size() == kTokenLetters ? decode_base32(token) : std::nullopt;
  if (!bytes || bytes->front() != kVersion) {
    return std::nullopt;
  }
  const std::string_view covered = std::string_view(*bytes).substr(0, kTokenBytes - kMacSize);
  const std::string expected = mac(key, covered);
  // In constant time, so that nobody finds a valid token byte by byte.
  if (sodium_memcmp(expected.data(), bytes->data() + covered.size(), kMacSize) != 0) {
    return std::nullopt;
  }
  return RecipientId{Reader(covered.substr(1)).u64()};
}

}  // namespace postrider::mail
