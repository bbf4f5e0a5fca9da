// Erasing one person's data, while the relay runs or while it is silent: what waits for them is
// cancelled, what was told of them no longer says who they were, and no file of the data directory
// holds their address any more. An event says that it happened, by the keyed hash.
//
// Suppressions stay by that hash, so that nobody mails them again. Exports, backups, logs that
// others keep and what endpoints were told are outside (docs/privacy.md).
//
// Several rounds may be needed and none does harm: whatever ended one, the next does what is left.
// Takes minutes where there is much: the event log is read once and the database is written anew.
//
// Thread: any io thread's coroutine; comes back to it.
#pragma once

#include <optional>

#include <boost/asio/awaitable.hpp>

#include "base/ids.h"
#include "base/result.h"
#include "mail/address.h"
#include "privacy/work.h"
#include "relay/relay.h"

namespace postrider::privacy {

/// Of one account, or of all. Errc::unavailable: something is under way that must end first, as the
/// text says. `relay` outlives the await.
boost::asio::awaitable<Result<Erased>> erase(relay::Relay& relay, mail::Address address,
                                             std::optional<AccountId> account);

}  // namespace postrider::privacy
