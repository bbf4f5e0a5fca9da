// What an erasure works with, on a thread that may block, and what it has come to.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "privacy/person.h"
#include "relay/relay.h"

namespace postrider::privacy {

struct Work {
  relay::Relay& relay;
  Person person;
  std::optional<AccountId> account;  ///< nothing: all of them

  bool is_wanted(AccountId of) const { return !account || *account == of; }
  /// Returns once it is on stable storage; at once for an empty step.
  Result<> commit(store::Step step) const;
};

/// How much was erased, by where it was.
struct Erased {
  std::string hash;              ///< keyed: of the address, in hexadecimal
  std::uint64_t recipients = 0;  ///< of messages that went to the address
  std::uint64_t events = 0;      ///< written anew
  std::uint64_t cancelled = 0;   ///< recipients that waited
  std::uint64_t suppressions = 0;
  std::uint64_t requests = 0;  ///< in the logs of webhooks
  std::uint64_t links = 0;     ///< records of tracked messages
  std::uint64_t contents = 0;  ///< kept for people to look at
  std::uint64_t set_aside = 0;
  std::uint64_t mails = 0;     ///< files of mail to postmaster and abuse
  std::uint64_t counters = 0;  ///< campaigns that were named after the address
};

}  // namespace postrider::privacy
