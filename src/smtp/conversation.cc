#include "smtp/conversation.h"

#include <utility>

namespace postrider::smtp {

namespace asio = boost::asio;

Result<std::optional<Reply>> Conversation::buffered_reply() {
  const Result<std::size_t> used = parser.feed(stream.buffered());
  if (!used) {
    is_over = true;
    return fail(used.error());
  }
  stream.consume(*used);
  if (!parser.done()) {
    return std::nullopt;
  }
  return parser.take();
}

asio::awaitable<Result<Reply>> Conversation::read_reply(std::string_view command,
                                                        net::Deadline deadline) {
  while (true) {
    Result<std::optional<Reply>> reply = buffered_reply();
    if (!reply) {
      co_return fail(
          std::move(reply).error().within("reading the reply to " + std::string(command)));
    }
    if (*reply) {
      co_return **std::move(reply);
    }
    Result<> filled = co_await stream.fill(deadline);
    if (!filled) {
      is_over = true;
      co_return fail(
          std::move(filled).error().within("waiting for the reply to " + std::string(command)));
    }
  }
}

asio::awaitable<Result<Reply>> Conversation::exchange(std::string line, std::string_view command,
                                                      std::chrono::milliseconds limit) {
  if (!stream.buffered().empty()) {
    is_over = true;
    co_return fail(Errc::invalid, "the peer spoke before " + std::string(command) + " was sent");
  }
  line += "\r\n";
  const net::Deadline deadline = net::within(limit);
  Result<> written = co_await stream.write(line, deadline);
  if (!written) {
    is_over = true;
    co_return fail(std::move(written).error().within("sending " + std::string(command)));
  }
  co_return co_await read_reply(command, deadline);
}

asio::awaitable<Result<>> Conversation::shake_hands(std::shared_ptr<const net::TlsClient> tls,
                                                    std::string host) {
  Result<> done =
      co_await stream.connect_tls(std::move(tls), std::move(host), net::within(timeouts.tls));
  is_over = !done;
  co_return done;
}

}  // namespace postrider::smtp
