#include "smtp/content_writer.h"

#include <algorithm>
#include <utility>
#include <vector>

#include <boost/asio/this_coro.hpp>

#include "net/task_group.h"

namespace postrider::smtp {

namespace asio = boost::asio;

namespace {

constexpr std::size_t kBlockBytes = 256 * 1024;  // in 3 minutes: at least 1.4 kB/s

/// Takes up to kBlockBytes from the front of `pieces`; `skip` bytes of the first have gone already.
std::vector<std::string_view> next_block(std::span<const std::string_view>& pieces,
                                         std::size_t& skip) {
  std::vector<std::string_view> block;
  std::size_t room = kBlockBytes;
  while (!pieces.empty() && room > 0) {
    const std::string_view part = pieces.front().substr(skip, room);
    block.push_back(part);
    room -= part.size();
    skip += part.size();
    if (skip == pieces.front().size()) {
      pieces = pieces.subspan(1);
      skip = 0;
    }
  }
  return block;
}

asio::awaitable<Result<>> write_blocks(Conversation& conversation,
                                       std::span<const std::string_view> pieces) {
  std::size_t skip = 0;
  while (!pieces.empty()) {
    const std::vector<std::string_view> block = next_block(pieces, skip);
    CO_TRY_VOID(
        co_await conversation.stream.write(block, net::within(conversation.timeouts.block)));
    if ((co_await asio::this_coro::cancellation_state).cancelled() !=
        asio::cancellation_type::none) {
      co_return fail(Errc::closed, "the connection was closed here");
    }
  }
  co_return Result<>();
}

struct Heard {
  bool is_written = false;
  std::optional<Reply> reply;
  std::optional<Error> trouble;  ///< of what came, where that is what ended the writing
};

/// Waits for a reply: as long as the writer gets on, but once it has begun it must come to its end.
asio::awaitable<Result<>> await_reply(Conversation& conversation, Heard& heard) {
  net::Deadline deadline = net::Deadline::max();
  while (!heard.reply) {
    CO_TRY_VOID(co_await conversation.stream.fill(deadline));
    CO_TRY(heard.reply, conversation.buffered_reply());
    if (deadline == net::Deadline::max()) {
      deadline = net::within(conversation.timeouts.block);
    }
  }
  co_return Result<>();
}

asio::awaitable<void> listen(Conversation& conversation, Heard& heard) {
  // A reply or an end: neither leaves anything to write for, and closing ends the write.
  const Result<> done = co_await await_reply(conversation, heard);
  if (!done && done.error().code() != Errc::closed) {
    heard.trouble = done.error();
  }
  if (!heard.is_written) {
    conversation.stream.close();
  }
}

}  // namespace

asio::awaitable<Written> write_listening(Conversation& conversation,
                                         std::span<const std::string_view> pieces) {
  // Nothing may throw until the listener has been joined; a cancellation still ends the write.
  co_await asio::this_coro::throw_if_cancelled(false);
  Heard heard;
  net::TaskGroup listener(co_await asio::this_coro::executor, "listening while writing");
  listener.spawn(listen(conversation, heard));
  Written written;
  written.done = co_await write_blocks(conversation, pieces);
  heard.is_written = written.done.has_value();
  listener.cancel();
  co_await listener.join();
  co_await asio::this_coro::throw_if_cancelled(true);
  written.early = std::move(heard.reply);
  if (!written.done && heard.trouble) {
    written.done = fail(*std::move(heard.trouble));  // why we closed says more than that we did
  }
  co_return written;
}

}  // namespace postrider::smtp
