#include "smtp/client_transaction.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <numeric>
#include <tuple>
#include <utility>

#include "smtp/client_commands.h"
#include "smtp/content_writer.h"
#include "smtp/dot_stuffing.h"

namespace postrider::smtp {

namespace asio = boost::asio;

namespace {

// So much is sent before replies are read. A peer that answers while we still write must find room
// in the buffers for its answers, or both wait for the other (RFC 2920, 3.1).
constexpr std::size_t kGroupBytes = 32 * 1024;

// Up to here the kernel takes a message whole; beyond, we listen while we write.
constexpr std::size_t kListenFromBytes = 64 * 1024;

bool succeeds(const Reply& reply) {
  return reply.code >= 200 && reply.code < 300;
}

Error unexpected_reply(const Reply& reply, std::string_view command) {
  return {Errc::invalid,
          "the peer answered " + std::string(command) + " with " + std::to_string(reply.code)};
}

std::size_t size_of(std::span<const std::string_view> pieces) {
  return std::transform_reduce(pieces.begin(), pieces.end(), std::size_t{0}, std::plus<>(),
                               [](std::string_view piece) { return piece.size(); });
}

}  // namespace

ClientTransaction::ClientTransaction(Conversation& conversation, const Outgoing& message)
    : conversation_(conversation),
      message_(message),
      envelope_(*message.envelope),
      by_bdat_(message.has_long_lines && conversation.features.chunking &&
               conversation.ahead == nullptr),
      with_reset_(conversation.needs_reset) {
  assert(!envelope_.recipients.empty());
  assert(conversation.ahead == nullptr || conversation.ahead == message.envelope);
  outcome_.recipients.resize(envelope_.recipients.size());
}

asio::awaitable<TransactionResult> ClientTransaction::run(const Envelope* next,
                                                          std::uint64_t next_content_bytes) {
  Result<> done;
  if (conversation_.is_over) {
    done = fail(Errc::closed, "the connection had ended before");
  } else {
    done = co_await attempt(next, next_content_bytes);
  }
  if (!done) {
    outcome_.broken = std::move(done).error();
  }
  const bool is_settled =
      std::ranges::find(outcome_.recipients, 0, &Reply::code) == outcome_.recipients.end();
  if (is_settled && !(outcome_.closing && outcome_.progress == Progress::nothing)) {
    outcome_.progress = Progress::complete;
  }
  conversation_.is_over = conversation_.is_over || outcome_.broken || outcome_.closing;
  co_return std::move(outcome_);
}

asio::awaitable<Result<>> ClientTransaction::attempt(const Envelope* next,
                                                     std::uint64_t next_content_bytes) {
  CO_TRY_VOID(co_await exchange_envelope());
  if (outcome_.closing) {
    co_return Result<>();
  }
  if (!wants_content()) {
    conversation_.needs_reset = mail_accepted_;
    co_return Result<>();
  }
  outcome_.progress = Progress::content;
  if (has_unasked()) {
    CO_TRY_VOID(co_await hear_unasked("the content"));
  }
  if (outcome_.closing) {
    co_return Result<>();
  }
  const auto begun = std::chrono::steady_clock::now();
  Result<> done = co_await transfer(next, next_content_bytes);
  outcome_.took = std::chrono::duration_cast<std::chrono::microseconds>(
      std::chrono::steady_clock::now() - begun);
  co_return done;
}

// The commands of an envelope, by number: RSET where it is needed, MAIL, a RCPT each, DATA.

std::size_t ClientTransaction::command_count() const {
  return (with_reset_ ? 1 : 0) + 1 + envelope_.recipients.size() + (by_bdat_ ? 0 : 1);
}

ClientTransaction::Command ClientTransaction::command_at(std::size_t index) const {
  const std::size_t mail = with_reset_ ? 1 : 0;
  if (index < mail) {
    return Command::reset;
  }
  if (index == mail) {
    return Command::mail;
  }
  return index <= mail + envelope_.recipients.size() ? Command::recipient : Command::data;
}

std::size_t ClientTransaction::recipient_at(std::size_t index) const {
  return index - (with_reset_ ? 2 : 1);
}

void ClientTransaction::append_command(std::size_t index) {
  std::string& out = conversation_.commands;
  switch (command_at(index)) {
    case Command::reset:
      out += "RSET\r\n";
      break;
    case Command::mail:
      append_mail(out, conversation_.features, envelope_, message_.content_bytes);
      break;
    case Command::recipient:
      append_recipient(out, conversation_.features, envelope_.recipients[recipient_at(index)]);
      break;
    case Command::data:
      out += "DATA\r\n";
      break;
  }
}

bool ClientTransaction::is_hopeless() const {
  const std::size_t mail = with_reset_ ? 1 : 0;
  if (answered_ > mail && !mail_accepted_) {
    return true;
  }
  return answered_ > mail + envelope_.recipients.size() && accepted_ == 0;
}

asio::awaitable<Result<>> ClientTransaction::exchange_envelope() {
  if (std::exchange(conversation_.ahead, nullptr) != nullptr) {
    sent_ = command_count();
  }
  conversation_.needs_reset = false;
  while (!outcome_.closing) {
    if (answered_ == sent_) {
      if (sent_ == command_count() || is_hopeless()) {
        break;
      }
      CO_TRY_VOID(co_await send_group());
      continue;
    }
    // Replies come together: most lie there already, and need no coroutine.
    CO_TRY(std::optional<Reply> reply, conversation_.buffered_reply(),
           "reading the reply to " + std::string(expected().name));
    if (!reply) {
      CO_TRY(reply, co_await read_answer());
    }
    CO_TRY_VOID(take_answer(*std::move(reply)));
  }
  co_return Result<>();
}

/// As many commands as may go out before their replies are read: one without PIPELINING.
asio::awaitable<Result<>> ClientTransaction::send_group() {
  if (has_unasked()) {
    CO_TRY_VOID(co_await hear_unasked("a command"));
  }
  if (outcome_.closing) {
    co_return Result<>();
  }
  const auto limit = command_at(sent_) == Command::data ? conversation_.timeouts.data
                                                        : conversation_.timeouts.mail;
  conversation_.commands.clear();
  do {
    append_command(sent_);
    ++sent_;
  } while (conversation_.features.pipelining && sent_ < command_count() &&
           conversation_.commands.size() < kGroupBytes);
  CO_TRY_VOID(co_await conversation_.stream.write(conversation_.commands, net::within(limit)),
              "sending the envelope");
  co_return Result<>();
}

/// Before we speak nothing may lie in the buffer but a 421.
asio::awaitable<Result<>> ClientTransaction::hear_unasked(std::string_view before) {
  CO_TRY(const Reply reply,
         co_await conversation_.read_reply("nothing", net::within(conversation_.timeouts.quit)));
  if (reply.code != 421) {
    co_return fail(Errc::invalid, "the peer said " + std::to_string(reply.code) +
                                      " unasked, before " + std::string(before));
  }
  outcome_.closing = true;
  settle(reply, Stage::unknown);
  co_return Result<>();
}

ClientTransaction::Expected ClientTransaction::expected() const {
  const ClientTimeouts& timeouts = conversation_.timeouts;
  switch (command_at(answered_)) {
    case Command::reset:
      return {.name = "RSET", .limit = timeouts.mail};
    case Command::mail:
      return {.name = "MAIL", .limit = timeouts.mail};
    case Command::recipient:
      return {.name = "RCPT", .limit = timeouts.recipient};
    case Command::data:
      break;
  }
  return {.name = "DATA", .limit = timeouts.data};
}

asio::awaitable<Result<Reply>> ClientTransaction::read_answer() {
  return conversation_.read_reply(expected().name, net::within(expected().limit));
}

Result<> ClientTransaction::take_answer(Reply reply) {
  const Command command = command_at(answered_);
  const std::size_t recipient = command == Command::recipient ? recipient_at(answered_) : 0;
  ++answered_;
  const bool is_leaving = reply.code == 421;
  if (command == Command::recipient || (command == Command::mail && !is_leaving)) {
    outcome_.progress = Progress::envelope;
  }
  if (is_leaving) {
    outcome_.closing = true;
    settle(reply, stage_of(command));
    return {};
  }
  return heed(command, recipient, std::move(reply));
}

Result<> ClientTransaction::heed(Command command, std::size_t recipient, Reply reply) {
  const bool is_go_ahead = reply.code == 354;
  if (reply.code >= 300 && reply.code < 400 && !(command == Command::data && is_go_ahead)) {
    return fail(unexpected_reply(reply, command == Command::data ? "DATA" : "a command"));
  }
  switch (command) {
    case Command::reset:
      if (!succeeds(reply)) {
        return fail(unexpected_reply(reply, "RSET"));
      }
      break;
    case Command::mail:
      mail_accepted_ = succeeds(reply);
      if (!mail_accepted_) {
        settle(reply, stage_of(command));
      }
      break;
    case Command::recipient:
      if (mail_accepted_ && succeeds(reply)) {
        ++accepted_;
      } else if (mail_accepted_) {
        outcome_.recipients[recipient] = std::move(reply);
        outcome_.recipients[recipient].stage = stage_of(command);
      }
      break;
    case Command::data:
      if (succeeds(reply)) {
        return fail(unexpected_reply(reply, "DATA"));
      }
      takes_content_ = is_go_ahead;
      if (!takes_content_) {
        settle(reply, stage_of(command));
      }
      break;
  }
  return {};
}

/// The reply to whoever has none yet.
void ClientTransaction::settle(const Reply& reply, Stage stage) {
  for (Reply& recipient : outcome_.recipients) {
    if (recipient.code == 0) {
      (recipient = reply).stage = stage;
    }
  }
}

/// Fills `wire` with the content (`head` pieces of it) and what goes out behind: final dot and the
/// commands of the next envelope, where there is one and it may be sent ahead.
ClientTransaction::Gathered ClientTransaction::gather(const Envelope* next,
                                                      std::uint64_t next_content_bytes) {
  const std::span<const std::string_view> content =
      accepted_ > 0 ? message_.content : std::span<const std::string_view>();
  std::string& commands = conversation_.commands;
  commands.clear();
  if (by_bdat_) {
    commands = "BDAT " + std::to_string(size_of(content)) + " LAST\r\n";
  }
  const std::size_t chunk_header = commands.size();
  Gathered gathered;
  if (next != nullptr && conversation_.features.pipelining) {
    append_mail(commands, conversation_.features, *next, next_content_bytes);
    for (const Recipient& recipient : next->recipients) {
      append_recipient(commands, conversation_.features, recipient);
    }
    commands += "DATA\r\n";
    gathered.has_next = commands.size() <= kGroupBytes;
  }
  std::vector<std::string_view>& wire = conversation_.wire;
  wire.clear();
  if (by_bdat_) {
    wire.push_back(std::string_view(commands).substr(0, chunk_header));
  }
  if (by_bdat_ || !message_.has_dot_lines) {
    wire.insert(wire.end(), content.begin(), content.end());
  } else {
    append_stuffed(content, wire);
  }
  gathered.head = wire.size();
  if (!by_bdat_) {
    wire.push_back(end_of_data(content));
  }
  if (gathered.has_next) {
    wire.push_back(std::string_view(commands).substr(chunk_header));
  }
  return gathered;
}

/// Content, final dot and the next envelope: in one write, unless the content is so long that we
/// listen while we write it.
asio::awaitable<Result<>> ClientTransaction::transfer(const Envelope* next,
                                                      std::uint64_t next_content_bytes) {
  const Gathered gathered = gather(next, next_content_bytes);
  std::span<const std::string_view> wire = conversation_.wire;
  if (size_of(wire) > kListenFromBytes) {
    CO_TRY(const bool is_answered, co_await send_long(wire.first(gathered.head)));
    if (is_answered) {
      co_return Result<>();
    }
    wire = wire.subspan(gathered.head);
  }
  Result<> written =
      co_await conversation_.stream.write(wire, net::within(conversation_.timeouts.block));
  if (!written) {
    // A write that would have ended with the message has not sent all of it.
    outcome_.progress = gathered.has_next ? Progress::unconfirmed : Progress::content;
    co_await hear_last_words();
    co_return fail(std::move(written).error().within("sending the content"));
  }
  conversation_.ahead = gathered.has_next ? next : nullptr;
  outcome_.progress = Progress::unconfirmed;
  CO_TRY(const Reply reply,
         co_await conversation_.read_reply("the message", net::within(conversation_.timeouts.dot)));
  co_return take_verdict(reply);
}

/// True if the peer has answered and nothing is to follow.
asio::awaitable<Result<bool>> ClientTransaction::send_long(
    std::span<const std::string_view> content) {
  Written written = co_await write_listening(conversation_, content);
  if (written.done && !written.early) {
    co_return false;
  }
  if (written.done && by_bdat_) {
    CO_TRY_VOID(take_verdict(*written.early));
    co_return true;
  }
  // Without its end the message can't have been taken: a positive reply would be a lie.
  if (!written.early) {
    co_await hear_last_words();
  }
  if (!written.early || written.early->is_positive()) {
    co_return fail(written.done ? Error(Errc::invalid, "the peer took a message without its end")
                                : std::move(written.done).error().within("sending the content"));
  }
  CO_TRY_VOID(take_verdict(*written.early));
  co_return fail(Errc::closed, "the peer answered before the message had ended");
}

/// A peer that breaks off may have said why.
asio::awaitable<void> ClientTransaction::hear_last_words() {
  if (!conversation_.stream.is_open()) {
    co_return;
  }
  const Result<Reply> reply =
      co_await conversation_.read_reply("the message", net::within(conversation_.timeouts.quit));
  if (reply && (outcome_.progress == Progress::unconfirmed || !reply->is_positive())) {
    std::ignore = take_verdict(*reply);
  }
}

/// The reply to the whole message.
Result<> ClientTransaction::take_verdict(const Reply& reply) {
  if (reply.code >= 300 && reply.code < 400) {
    return fail(unexpected_reply(reply, "the message"));
  }
  outcome_.closing = reply.code == 421;
  settle(reply, Stage::data);
  return {};
}

}  // namespace postrider::smtp
