// The token in a tracking URL: which message, recipient and link it stands for, and the proof that
// we made it. No address, and no look-up to know it genuine.
//
// 29 bytes, written as 39 letters of base64url (RFC 4648, 5): key id (1), account (4), message (7),
// number of the recipient in it (3), kind and number of the link (2), and 12 bytes (96 bits) of
// BLAKE2b keyed with that key over what stands before and a word for its purpose. One token has one
// spelling: bits behind the last byte must be zero, so its last letter is never "-" or "_", and a
// token ends neither a comment nor a sentence.
//
// Keys rotate: the newest makes tokens, all that are kept are understood. Pure but for libsodium,
// which must be initialised; const calls from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/result.h"

namespace postrider::track {

constexpr std::size_t kTokenLetters = 39;
using TokenText = std::array<char, kTokenLetters>;

enum class TokenKind : std::uint8_t {
  open = 0,       ///< the pixel
  click = 1,      ///< a link
  app_click = 2,  ///< a link that may open an app
  unsubscribe = 3,
};

/// What stands between a tracking host and the token: "/o/", "/c/", "/a/", "/u/". Links that may
/// open an app have one of their own, so that only these do.
std::string_view path_of(TokenKind kind);

constexpr std::uint32_t kTokenLinksMax = 1U << 13;
constexpr std::uint32_t kTokenRecipientsMax = 1U << 24;
/// In place of a recipient where nobody is to know which one it was: all copies are the same.
constexpr std::uint32_t kNobody = kTokenRecipientsMax - 1;

struct TokenContent {
  AccountId account;
  MessageId message;
  std::uint32_t recipient = 0;  ///< index in the message, below kTokenRecipientsMax
  TokenKind kind = TokenKind::open;
  std::uint16_t link = 0;  ///< its number in the message, below kTokenLinksMax; 0 of a pixel

  bool operator==(const TokenContent&) const = default;
};

class TokenKeys {
 public:
  using Key = std::array<std::uint8_t, 32>;
  struct Entry {
    std::uint8_t id;
    Key key;
  };

  /// `entries`: the newest first. Errc::invalid: none, or two with one id.
  static Result<TokenKeys> create(const std::vector<Entry>& entries);

  /// What stays the same in all tokens of one message.
  class Maker;
  /// Account ids end at 2^32.
  Maker maker(AccountId account, MessageId message) const;

  /// Nothing: not ours, altered, of a key that is gone, or of another kind or account than is asked
  /// for. Without `account`, any.
  std::optional<TokenContent> read(std::string_view token, TokenKind kind,
                                   std::optional<AccountId> account = {}) const;

 private:
  /// BLAKE2b after its key block and the purpose: copied, it saves half of the work.
  struct alignas(64) State {
    std::array<unsigned char, 384> bytes;
  };
  struct Prepared {
    std::uint8_t id;
    State state;
  };

  const Prepared* find(std::uint8_t id) const;

  std::vector<Prepared> keys_;
};

class TokenKeys::Maker {
 public:
  void make(std::uint32_t recipient, TokenKind kind, std::uint16_t link, char* out) const;
  TokenText make(std::uint32_t recipient, TokenKind kind, std::uint16_t link) const;

  /// Base (such as "https://links.example.org"), path and token: of a pixel, a link, or the page
  /// and the one-click action of an unsubscribe (RFC 8058).
  std::string url(std::string_view base, std::uint32_t recipient, TokenKind kind,
                  std::uint16_t link = 0) const;

 private:
  friend class TokenKeys;
  State state_;
  std::array<unsigned char, 12> front_{};  ///< key id, account, message
};

}  // namespace postrider::track
