// Mail addresses: parsing, checking and writing them.
//
// RFC 5321, 4.1.2 (Mailbox, source routes, quoted local parts, address literals), RFC 6531 (UTF-8
// local parts and U-label domains), RFC 5891 (IDNA, through libidn2), RFC 1035 (lengths: 63 a
// label, 253 a domain; RFC 5321: 64 a local part, 254 an address).
//
// A domain is held as lower-case A-labels ("xn--..."), so that two spellings of one domain compare
// equal and reach DNS as they are; an address literal is held in its brackets. A local part is held
// unquoted, in the case in which it came. Pure; any thread.
#pragma once

#include <compare>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::mail {

struct Address {
  std::string local;   ///< unquoted, UTF-8; empty only in the null reverse path
  std::string domain;  ///< lower-case A-labels, or "[192.0.2.1]" / "[IPv6:2001:db8::1]"

  auto operator<=>(const Address&) const = default;
  bool is_null() const { return local.empty() && domain.empty(); }
  bool is_literal() const { return domain.starts_with('['); }
  bool is_ascii() const;  ///< false: only a peer with SMTPUTF8 can be given it
};

/// "local@domain", with quotes where the local part needs them. Empty for the null path.
std::string to_string(const Address& address);
void append(std::string& out, const Address& address);  ///< the same, behind what is there

/// A path as in MAIL and RCPT, with its angle brackets; a source route ("@a,@b:") is accepted and
/// dropped (RFC 5321, appendix C). "<>" is the null path if `null_allowed`. "<postmaster>" (any
/// case) is the postmaster without a domain. UTF-8 only if `utf8_allowed`. Errc::invalid says what
/// is wrong in words fit for a reply. `rest`, if given, receives what follows the closing bracket.
struct PathRules {
  bool null_allowed = false;
  bool utf8_allowed = false;
};
Result<Address> parse_path(std::string_view text, PathRules rules,
                           std::string_view* rest = nullptr);

/// "local@domain" without brackets.
Result<Address> parse_mailbox(std::string_view text, bool utf8_allowed);

/// From an unquoted local part (UTF-8 allowed) and a domain or address literal in any form, with
/// the checks of parse_mailbox().
Result<Address> make_address(std::string_view local, std::string_view domain);

/// Lower-case A-labels of a domain name in either form, without a trailing dot (one is dropped; a
/// mailbox must not have it). Errc::invalid if it isn't one: a single label is one; underscores are
/// let through, because hosts have them; a last label of digits alone is an IP address and no name.
Result<std::string> parse_domain(std::string_view text);

/// RFC 3461, 4: xtext. Decoding gives nothing for malformed text.
std::string encode_xtext(std::string_view text);
Result<std::string> decode_xtext(std::string_view text);

}  // namespace postrider::mail
