// Writes a long message while listening: a peer that refuses it early and stops reading would else
// keep us waiting for it. Private to smtp/client*.cc. Thread: the stream's.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "smtp/conversation.h"

namespace postrider::smtp {

struct Written {
  Result<> done;               ///< whether the kernel has taken everything
  std::optional<Reply> early;  ///< what the peer said meanwhile; the stream is closed unless `done`
};

/// In blocks, each within `timeouts.block`. What the peer says before the end closes the stream:
/// only so can a message be left unfinished.
boost::asio::awaitable<Written> write_listening(Conversation& conversation,
                                                std::span<const std::string_view> pieces);

}  // namespace postrider::smtp
