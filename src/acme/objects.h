// What an ACME server says, read from its JSON (RFC 8555, 6.7 and 7.1). What we don't know is
// passed over; what we need and isn't there is an error. Pure; any thread. Errc::invalid.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::acme {

struct Directory {
  std::string new_nonce;
  std::string new_account;
  std::string new_order;
  std::string terms;  ///< URL; empty: there are none
  bool wants_external_account = false;
};
Result<Directory> parse_directory(std::string_view json);

/// A problem document (RFC 7807), or a part of one.
struct Problem {
  std::string type;  ///< without "urn:ietf:params:acme:error:"
  std::string detail;

  std::string text() const;  ///< for people, on one line
};
/// Of an answer that is an error; where it is none of theirs, its beginning stands for it.
Problem parse_problem(std::string_view json);

struct Order {
  std::string status;  ///< pending, ready, processing, valid or invalid
  std::vector<std::string> authorizations;
  std::string finalize;
  std::string certificate;
  std::optional<Problem> problem;
};
Result<Order> parse_order(std::string_view json);

struct Challenge {
  std::string type;
  std::string url;
  std::string token;  ///< letters, digits, '-' and '_' only (RFC 8555, 8.1)
  std::optional<Problem> problem;
};
struct Authorization {
  std::string status;  ///< pending, valid, invalid, deactivated, expired or revoked
  std::string host;
  std::vector<Challenge> challenges;
};
Result<Authorization> parse_authorization(std::string_view json);

}  // namespace postrider::acme
