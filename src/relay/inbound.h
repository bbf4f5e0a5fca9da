// The relay's answers to a session of an inbound listener: mail that comes back to us, from
// anybody, to the addresses of relay/inbound_address.h and to no other.
//
// 250 after a mail means that what follows from it is on stable storage: the events of a report
// (relay/feedback.h), a mail for postmaster or abuse (relay/for_people.h). Nobody logs in here, and
// nothing is relayed.
//
// Thread: the session's io thread.
#pragma once

#include <atomic>
#include <memory>

#include "relay/feedback.h"
#include "relay/for_people.h"
#include "relay/memory_budget.h"
#include "relay/settings.h"
#include "relay/submission.h"
#include "store/store.h"

namespace postrider::relay {

/// What all sessions share; outlives them.
struct InboundServices {
  Feedback& feedback;
  ForPeople& people;
  const directory::Directory& directory;
  const store::Store& store;
  const Clock& clock;
  InboundNames names;
  std::atomic<bool>& is_stopping;
  const MemoryBudget& memory;
};

/// `admission` may be null: everybody.
std::unique_ptr<smtp::SessionHandler> make_inbound_handler(
    InboundServices& services, std::shared_ptr<const ListenerSettings> listener,
    std::unique_ptr<Admission> admission);

}  // namespace postrider::relay
