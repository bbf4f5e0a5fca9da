// The relay's answers to an SMTP session: who may submit, as whom, to whom, and the promise.
//
// Nobody relays without AUTH, unless the listener trusts the client's network; an account that is
// not active relays nothing. Before MAIL is answered there must be room for what every open
// transaction may bring: 1.5 times the size that it declared, or the largest (452 4.3.1). The rules
// for the message itself are relay/prepare.h's.
//
// Thread: the session's io thread.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "directory/authenticator.h"
#include "net/io_threads.h"
#include "relay/intake.h"
#include "relay/memory_budget.h"
#include "relay/settings.h"
#include "smtp/server_session.h"
#include "store/store.h"

namespace postrider::relay {

/// What all sessions share; outlives them.
struct SubmissionServices {
  Intake& intake;
  directory::Authenticator& authenticator;
  const directory::Directory& directory;
  net::BlockingPool& blocking;
  const store::Store& store;
  std::vector<store::Committer>& committers;
  const events::EventStore& events;
  const Clock& clock;
  std::string hostname;
  std::atomic<bool>& is_stopping;
  const MemoryBudget& memory;
  std::atomic<std::uint64_t> reserved_bytes = 0;  ///< disk space that open transactions may need
};

/// A session's place among those that are allowed; held for as long as it lives.
class Admission {
 public:
  virtual ~Admission() = default;

  /// Once, when it is known whom the session serves. Not empty: said with 421 instead of a
  /// greeting.
  virtual std::string admit(const boost::asio::ip::address& client) = 0;
};

/// `admission` may be null: everybody.
std::unique_ptr<smtp::SessionHandler> make_submission_handler(
    SubmissionServices& services, std::shared_ptr<const ListenerSettings> listener,
    std::unique_ptr<Admission> admission);

}  // namespace postrider::relay
