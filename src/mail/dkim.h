// DKIM signatures on messages that we send.
//
// RFC 6376 (relaxed/relaxed canonicalisation, oversigning: a listed field that occurs n times is
// listed n + 1 times, so that none can be added), RFC 8463 (Ed25519-SHA256), RFC 8301 (RSA of 1024
// bits at least; 2048 made here), RFC 8616 (no U-labels: domains are A-labels).
//
// Signing is split in two, because a message to many recipients has one body: hash_body() once,
// sign() for each copy. Pure but for the random numbers of RSA blinding; any thread; a SigningKey
// is shared.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::mail {

enum class DkimAlgorithm : std::uint8_t { rsa_sha256, ed25519_sha256 };

class SigningKey {
 public:
  static Result<SigningKey> generate(DkimAlgorithm algorithm);  ///< RSA: 2048 bits
  static Result<SigningKey> from_pem(std::string_view pem);     ///< PKCS#8; Errc::invalid
  Result<std::string> to_pem() const;

  DkimAlgorithm algorithm() const;
  /// The value of the TXT record: "v=DKIM1; k=rsa; p=...".
  std::string dns_record() const;

  /// The signature over `bytes` (hashed with SHA-256 as the algorithm asks), raw.
  Result<std::string> sign(std::string_view bytes) const;

 private:
  struct State;
  explicit SigningKey(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

using BodyHash = std::array<std::uint8_t, 32>;  ///< SHA-256 of the relaxed body

/// `body` in pieces, as it will be sent, CRLF lines.
BodyHash hash_body(std::span<const std::string_view> body);

struct DkimSignature {
  std::string domain;    ///< d=, A-labels
  std::string selector;  ///< s=
  std::shared_ptr<const SigningKey> key;
};

/// Fields that are signed where they occur, and oversigned where `oversign`.
struct SignedField {
  std::string_view name;
  bool oversign = false;
};
std::span<const SignedField> default_signed_fields();  ///< RFC 6376, 5.4.1, and what forges a From

/// One "DKIM-Signature: ...\r\n" for each of `signatures`, folded at 78 columns. `header` is the
/// header section as it will be sent (without the empty line, and without these new fields).
Result<std::string> sign_header(std::string_view header, const BodyHash& body_hash,
                                std::span<const DkimSignature> signatures, Time now,
                                std::span<const SignedField> fields = default_signed_fields());

/// For tests and `domain check`: relaxed forms by RFC 6376, 3.4.2 and 3.4.4.
std::string relax_field(std::string_view whole_field);
std::string relax_body(std::string_view body);

}  // namespace postrider::mail
