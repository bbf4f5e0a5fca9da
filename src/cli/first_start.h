// What a fresh installation begins with: an account, a credential and a domain to try it with.
// Blocks for Argon2 and for making keys. Thread: main.
#pragma once

#include <optional>
#include <string>

#include "base/result.h"
#include "relay/relay.h"

namespace postrider::cli {

struct FirstLogin {
  std::string user;
  std::string password;  ///< shown once, never stored
};

/// Adds account `default`, a credential and the verified domain postrider.test if there is no
/// account at all; nothing otherwise.
Result<std::optional<FirstLogin>> make_first_account(relay::Relay& relay);

}  // namespace postrider::cli
