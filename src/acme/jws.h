// What an ACME client signs: requests as JWS in flattened JSON (RFC 7515, 7.2.2; RFC 8555, 6.2),
// with an account key on P-256 (ES256: RFC 7518, 3.4), and the key's own name (RFC 7638).
//
// Values; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

struct evp_pkey_st;

namespace postrider::acme {

/// Without padding (RFC 7515, 2).
std::string base64url(std::string_view bytes);
/// Errc::invalid.
Result<std::string> decode_base64url(std::string_view text);

class AccountKey {
 public:
  static Result<AccountKey> make();
  static Result<AccountKey> parse(std::string_view pem);  ///< Errc::invalid: not a key on P-256

  std::string pem() const;
  /// The public key, with its members in the order that its thumbprint is made of.
  std::string jwk() const;
  std::string thumbprint() const;  ///< base64url of SHA-256 (RFC 7638, 3)

  /// `header` and `payload`: JSON; an empty payload makes a POST-as-GET.
  std::string sign(std::string_view header, std::string_view payload) const;

 private:
  explicit AccountKey(std::shared_ptr<evp_pkey_st> key) : key_(std::move(key)) {}
  std::shared_ptr<evp_pkey_st> key_;
};

/// External account binding (RFC 8555, 7.3.4): `jwk` signed with the MAC key `key` (HS256).
std::string bind_account(std::string_view jwk, std::string_view key_id, std::string_view key,
                         std::string_view url);

}  // namespace postrider::acme
