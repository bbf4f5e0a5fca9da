// The simulator's side of one SMTP session: what each mailbox answers. See simulator/behaviours.h.
// Thread: the session's, which is the simulator's.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>

#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "mail/address.h"
#include "simulator/memory.h"
#include "simulator/sent_back.h"
#include "smtp/server_session.h"

namespace postrider::simulator {

/// Where mail goes that mailboxes send.
struct Answering {
  boost::asio::ip::tcp::endpoint to;
  mail::Address complaints_to;
};

/// What all sessions share; outlives them.
struct Shared {
  const Clock& clock;
  Memory memory;
  std::chrono::milliseconds late;
  std::optional<Answering> answering;  ///< none: mailboxes send nothing back
  std::function<void(SentBack)> send_back;
  std::function<void(Reader, std::shared_ptr<const Taken>)> read;
  std::uint32_t sessions_max;
  std::uint32_t sessions = 0;
};

std::unique_ptr<smtp::SessionHandler> make_mailbox_handler(Shared& shared);

}  // namespace postrider::simulator
