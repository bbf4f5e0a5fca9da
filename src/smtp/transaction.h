// One mail transaction: what MAIL, RCPT and DATA or BDAT say between them.
// RFC 5321, 3.3; RFC 6152 (BODY), RFC 6531 (SMTPUTF8), RFC 3461 (RET, ENVID, NOTIFY, ORCPT).
// Values.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "mail/address.h"

namespace postrider::smtp {

enum class Body : std::uint8_t { seven_bit = 0, eight_bit_mime = 1 };
enum class Ret : std::uint8_t { unset = 0, full = 1, headers = 2 };

// NOTIFY (RFC 3461, 4.1), as a set of bits; 0: the parameter was not given.
inline constexpr std::uint8_t kNotifyUnset = 0;
inline constexpr std::uint8_t kNotifyNever = 1;
inline constexpr std::uint8_t kNotifySuccess = 2;
inline constexpr std::uint8_t kNotifyFailure = 4;
inline constexpr std::uint8_t kNotifyDelay = 8;

struct Recipient {
  mail::Address address;
  std::uint8_t notify = kNotifyUnset;
  std::string orcpt;  ///< "rfc822;ann@example.net", xtext decoded; empty if not given
};

struct Envelope {
  mail::Address reverse_path;  ///< null for a bounce
  std::vector<Recipient> recipients;
  Body body = Body::seven_bit;
  bool smtputf8 = false;
  Ret ret = Ret::unset;
  std::string envid;                ///< xtext decoded; empty if not given
  std::uint64_t declared_size = 0;  ///< SIZE=, 0 if not given
};

}  // namespace postrider::smtp
