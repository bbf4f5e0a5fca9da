// One transaction of the client: the envelope and its replies, the content, the reply to the final
// dot. Private to smtp/client*.cc. Thread: the stream's.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <optional>
#include <span>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "smtp/client.h"
#include "smtp/conversation.h"

namespace postrider::smtp {

class ClientTransaction {
 public:
  ClientTransaction(Conversation& conversation, const Outgoing& message);

  /// See Client::transact().
  boost::asio::awaitable<TransactionResult> run(const Envelope* next,
                                                std::uint64_t next_content_bytes);

 private:
  enum class Command : std::uint8_t { reset, mail, recipient, data };

  static Stage stage_of(Command command) {
    constexpr std::array kStages{Stage::unknown, Stage::mail, Stage::recipient, Stage::data};
    return kStages[static_cast<std::size_t>(command)];
  }
  std::size_t command_count() const;
  Command command_at(std::size_t index) const;
  std::size_t recipient_at(std::size_t index) const;
  void append_command(std::size_t index);

  boost::asio::awaitable<Result<>> attempt(const Envelope* next, std::uint64_t next_content_bytes);
  boost::asio::awaitable<Result<>> exchange_envelope();
  boost::asio::awaitable<Result<>> send_group();
  bool has_unasked() const { return !conversation_.stream.buffered().empty(); }
  boost::asio::awaitable<Result<>> hear_unasked(std::string_view before);
  struct Expected {
    std::string_view name;
    std::chrono::milliseconds limit;
  };
  Expected expected() const;  ///< the reply that comes next
  boost::asio::awaitable<Result<Reply>> read_answer();
  Result<> take_answer(Reply reply);
  Result<> heed(Command command, std::size_t recipient, Reply reply);

  boost::asio::awaitable<Result<>> transfer(const Envelope* next, std::uint64_t next_content_bytes);
  struct Gathered {
    std::size_t head = 0;   // pieces of `wire` that are content
    bool has_next = false;  // the next envelope is behind it
  };
  Gathered gather(const Envelope* next, std::uint64_t next_content_bytes);
  boost::asio::awaitable<Result<bool>> send_long(std::span<const std::string_view> content);
  boost::asio::awaitable<void> hear_last_words();
  Result<> take_verdict(const Reply& reply);

  void settle(const Reply& reply, Stage stage);
  bool wants_content() const { return takes_content_ || (by_bdat_ && accepted_ > 0); }
  bool is_hopeless() const;

  Conversation& conversation_;
  const Outgoing& message_;
  const Envelope& envelope_;
  bool by_bdat_;
  bool with_reset_ = false;
  std::size_t sent_ = 0;      // commands
  std::size_t answered_ = 0;  // commands
  std::size_t accepted_ = 0;  // recipients
  bool mail_accepted_ = false;
  bool takes_content_ = false;  // DATA was answered with 354
  TransactionResult outcome_;
};

}  // namespace postrider::smtp
