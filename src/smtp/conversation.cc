#include "smtp/conversation.h"

namespace postrider::smtp {

namespace asio = boost::asio;

Result<std::optional<Reply>> Conversation::buffered_reply() {
  TRY(const std::size_t used, parser.feed(stream.buffered()));
  stream.consume(used);
  if (!parser.done()) {
    return std::nullopt;
  }
  return parser.take();
}

asio::awaitable<Result<Reply>> Conversation::read_reply(std::string_view command,
                                                        net::Deadline deadline) {
  while (true) {
    CO_TRY(std::optional<Reply> reply, buffered_reply(),
           "reading the reply to " + std::string(command));
    if (reply) {
      co_return *std::move(reply);
    }
    CO_TRY_VOID(co_await stream.fill(deadline), "waiting for the reply to " + std::string(command));
  }
}

asio::awaitable<Result<Reply>> Conversation::exchange(std::string line, std::string_view command,
                                                      std::chrono::milliseconds limit) {
  if (!stream.buffered().empty()) {
    co_return fail(Errc::invalid, "the peer spoke before " + std::string(command) + " was sent");
  }
  line += "\r\n";
  const net::Deadline deadline = net::within(limit);
  CO_TRY_VOID(co_await stream.write(line, deadline), "sending " + std::string(command));
  co_return co_await read_reply(command, deadline);
}

}  // namespace postrider::smtp
