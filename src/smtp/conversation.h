// What the client's calls share: the stream, the replies that come out of it, and what is known of
// the peer. Private to smtp/client*.cc.
//
// Thread: the stream's.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "net/stream.h"
#include "smtp/client.h"
#include "smtp/reply.h"

namespace postrider::smtp {

/// A call that fails ends the conversation.
struct Conversation {
  Conversation(net::Stream s, ClientTimeouts t) : stream(std::move(s)), timeouts(t) {}

  /// A reply that lies whole in the buffer. Errc::invalid if what lies there is none.
  Result<std::optional<Reply>> buffered_reply();

  /// Waits for a whole reply. `command` names what it answers, in errors.
  boost::asio::awaitable<Result<Reply>> read_reply(std::string_view command,
                                                   net::Deadline deadline);

  /// Sends a line (without CRLF) and waits for its reply. Errors name `command` and never the line,
  /// which may hold a password.
  boost::asio::awaitable<Result<Reply>> exchange(std::string line, std::string_view command,
                                                 std::chrono::milliseconds limit);

  boost::asio::awaitable<Result<>> shake_hands(std::shared_ptr<const net::TlsClient> tls,
                                               std::string host);

  net::Stream stream;
  ClientTimeouts timeouts;
  PeerFeatures features;
  ReplyParser parser;
  const Envelope* ahead = nullptr;     ///< its commands have been sent, none of their replies read
  bool needs_reset = false;            ///< the peer still holds an envelope that came to nothing
  bool is_over = false;                ///< broken, or the peer said 421
  std::string commands;                ///< being sent; kept for its memory
  std::vector<std::string_view> wire;  ///< likewise
};

}  // namespace postrider::smtp
