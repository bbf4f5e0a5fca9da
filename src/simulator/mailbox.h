// The simulator's side of one SMTP session: what each mailbox answers. See simulator/behaviours.h.
// Thread: the session's, which is the simulator's.
#pragma once

#include <chrono>
#include <memory>

#include "base/clock.h"
#include "simulator/memory.h"
#include "smtp/server_session.h"

namespace postrider::simulator {

/// What all sessions share; outlives them.
struct Shared {
  const Clock& clock;
  Memory memory;
  std::chrono::milliseconds late;
  std::uint32_t sessions_max;
  std::uint32_t sessions = 0;
};

std::unique_ptr<smtp::SessionHandler> make_mailbox_handler(Shared& shared);

}  // namespace postrider::simulator
