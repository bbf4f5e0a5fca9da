// A peer that says what it likes, against the client that delivers: one or two messages over a
// socket pair.
//
// The peer numbers what it is told (EHLO, MAIL, each RCPT, DATA, the end of the content ...): by
// RFC 5321 the n-th reply answers the n-th of these, however replies are cut and sent together. So
// what became of each recipient follows from its own commands alone, and the client must have come
// to the same: above all, nobody counts as delivered whose message was not taken whole, and who may
// have been delivered is not said to be undelivered for sure.
//
// The input: a byte of options, three of lengths (in which pieces the peer writes), and what the
// peer says; byte 1 ends what it says at a time, and it goes on when the client waits again.
#include <algorithm>
#include <array>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/text.h"
#include "smtp/client.h"
#include "support/choices.h"
#include "support/plain_replies.h"
#include "support/require.h"

namespace postrider::smtp {
namespace {

namespace asio = boost::asio;
using fuzz::require;

enum class Step : std::uint8_t { greeting, hello, reset, mail, recipient, data, content, quit };

struct Told {
  Step step;
  std::string content;
};

/// What the client has said, taken apart, and what it was answered.
class PeersView {
 public:
  void said(std::string_view bytes) { replies_ = fuzz::plain_reading(said_ += bytes).replies; }

  void heard(std::string_view bytes) {
    heard_ += bytes;
    while (take_step()) {
    }
  }

  const std::vector<Told>& told() const { return told_; }
  /// Null: none has come yet.
  const Reply* reply_to(std::size_t step) const {
    return step < replies_.size() ? &replies_[step] : nullptr;
  }
  std::size_t unanswered() const { return told_.size() - std::min(told_.size(), replies_.size()); }

  bool has_offered_pipelining() const {
    const Reply* hello = reply_to(1);
    if (hello == nullptr || hello->code != 250) {
      return false;
    }
    return std::ranges::any_of(split(hello->text, '\n'), [](std::string_view line) {
      line = trim(line);
      return equal_ignoring_case(line.substr(0, line.find(' ')), "PIPELINING");
    });
  }

 private:
  bool take_step() {
    return told_.back().step == Step::data && !heard_.empty() ? take_content() : take_command();
  }

  /// After DATA comes content if it was asked for, and else the next command.
  bool take_content() {
    const Reply* verdict = reply_to(told_.size() - 1);
    require(verdict != nullptr, "nothing is sent behind DATA before it is answered");
    if (verdict->code != 354) {
      return take_command();
    }
    const auto end = ("\r\n" + heard_).find("\r\n.\r\n");
    if (end == std::string::npos) {
      return false;
    }
    told_.push_back({.step = Step::content, .content = unstuffed(heard_.substr(0, end))});
    heard_.erase(0, end + 3);
    return true;
  }

  bool take_command() {
    const auto end = heard_.find("\r\n");
    if (end == std::string::npos) {
      return false;
    }
    const std::string line = heard_.substr(0, end);
    require(!line.contains('\n') && !line.contains('\r'), "commands are lines", line);
    if (line.starts_with("BDAT ")) {
      return take_chunk(line, end + 2);
    }
    told_.push_back({.step = step_of(line), .content = {}});
    heard_.erase(0, end + 2);
    return true;
  }

  bool take_chunk(const std::string& line, std::size_t front) {
    require(line.ends_with(" LAST"), "there is one chunk", line);
    const std::size_t size = std::stoul(line.substr(5));
    if (heard_.size() < front + size) {
      return false;
    }
    told_.push_back({.step = Step::content, .content = heard_.substr(front, size)});
    heard_.erase(0, front + size);
    return true;
  }

  static Step step_of(const std::string& line) {
    const std::string verb = line.substr(0, line.find(' '));
    constexpr std::pair<std::string_view, Step> kSteps[] = {
        {"EHLO", Step::hello}, {"HELO", Step::hello},     {"RSET", Step::reset},
        {"MAIL", Step::mail},  {"RCPT", Step::recipient}, {"DATA", Step::data},
        {"QUIT", Step::quit}};
    for (const auto& [name, step] : kSteps) {
      if (verb == name) {
        return step;
      }
    }
    require(false, "the client says what a client says", line);
    return Step::quit;
  }

  static std::string unstuffed(std::string_view lines) {
    std::string out;
    while (!lines.empty()) {
      const std::size_t size = lines.find("\r\n") + 2;
      const std::string_view line = lines.substr(0, size);
      out += line.starts_with('.') ? line.substr(1) : line;
      lines.remove_prefix(size);
    }
    return out;
  }

  std::string said_;
  std::string heard_;
  std::vector<Reply> replies_;
  std::vector<Told> told_{{.step = Step::greeting, .content = {}}};
};

struct Message {
  Envelope envelope;
  std::vector<std::string> pieces;
  std::vector<std::string_view> views;
  bool has_long_lines = false;
  std::optional<TransactionResult> result;

  Outgoing outgoing() {
    views.assign(pieces.begin(), pieces.end());
    std::uint64_t bytes = 0;
    for (const std::string& piece : pieces) {
      bytes += piece.size();
    }
    return {.envelope = &envelope,
            .content = views,
            .content_bytes = bytes,
            .has_dot_lines = true,
            .has_long_lines = has_long_lines};
  }
};

Message make_message(int recipients, bool has_long_lines) {
  Message message;
  message.envelope.reverse_path = {.local = "ann", .domain = "example.org"};
  for (int i = 0; i < recipients; ++i) {
    Recipient recipient;
    recipient.address = {.local = "r" + std::to_string(i), .domain = "example.net"};
    message.envelope.recipients.push_back(std::move(recipient));
  }
  message.pieces = {"Subject: x\r\n\r", "\n.\r\n..\r\n", ".", "dot\r\nQUIT\r\n",
                    has_long_lines ? std::string(1200, 'x') + "\r\n" : "end\r\n"};
  message.has_long_lines = has_long_lines;
  return message;
}

asio::awaitable<void> deliver(Client& client, std::deque<Message>& messages, bool sends_ahead) {
  const Result<Reply> greeting = co_await client.greeting();
  if (!greeting || greeting->code != 220) {
    co_return;
  }
  const Result<Reply> hello = co_await client.hello("fuzz.test");
  if (!hello || hello->code != 250) {
    co_return;
  }
  for (std::size_t i = 0; i < messages.size(); ++i) {
    Message* next = sends_ahead && i + 1 < messages.size() && !messages[i + 1].has_long_lines
                        ? &messages[i + 1]
                        : nullptr;
    messages[i].result = co_await client.transact(messages[i].outgoing(),
                                                  next == nullptr ? nullptr : &next->envelope, 40);
    if (messages[i].result->broken || messages[i].result->closing) {
      co_return;
    }
  }
  co_await client.quit();
}

bool is_2xx(const Reply& reply) {
  return reply.code >= 200 && reply.code < 300;
}

bool is_3xx(const Reply& reply) {
  return reply.code >= 300 && reply.code < 400;
}

/// The steps of one message: from its MAIL, or the RSET in front of it.
struct Transaction {
  std::size_t begin = 0;
  std::size_t end = 0;
};

std::vector<Transaction> transactions_of(const std::vector<Told>& told) {
  std::vector<Transaction> found;
  for (std::size_t i = 0; i < told.size(); ++i) {
    const bool follows_reset = i > 0 && told[i - 1].step == Step::reset;
    if (told[i].step == Step::reset || (told[i].step == Step::mail && !follows_reset)) {
      found.push_back({.begin = i, .end = i});
    }
    if (!found.empty() && told[i].step != Step::quit) {
      found.back().end = i + 1;
    }
  }
  return found;
}

/// What became of recipient number `wanted`; code 0: it isn't known.
Reply fate(const PeersView& view, Transaction transaction, std::size_t wanted) {
  std::size_t recipient = 0;
  for (std::size_t i = transaction.begin; i < transaction.end; ++i) {
    const Reply* reply = view.reply_to(i);
    if (reply == nullptr) {
      return {};
    }
    const Step step = view.told()[i].step;
    if (reply->code == 421) {
      return *reply;
    }
    if (step == Step::content) {
      return is_3xx(*reply) ? Reply() : *reply;
    }
    if (step == Step::data && reply->code == 354) {
      continue;
    }
    if (is_3xx(*reply) || (step == Step::reset && !is_2xx(*reply)) ||
        (step == Step::data && is_2xx(*reply))) {
      return {};  // not a dialogue any more
    }
    const bool is_mine = step != Step::recipient || recipient++ == wanted;
    if (is_mine && !is_2xx(*reply)) {
      return *reply;
    }
  }
  // A 421 that came before the client went on.
  const Reply* unasked = view.reply_to(view.told().size());
  return unasked != nullptr && unasked->code == 421 ? *unasked : Reply();
}

bool has_accepted(const PeersView& view, Transaction transaction) {
  bool has_mail = false;
  bool has_recipient = false;
  for (std::size_t i = transaction.begin; i < transaction.end; ++i) {
    const Step step = view.told()[i].step;
    const bool good = view.reply_to(i) != nullptr && is_2xx(*view.reply_to(i));
    has_mail = has_mail || (step == Step::mail && good);
    has_recipient = has_recipient || (step == Step::recipient && good);
  }
  return has_mail && has_recipient;
}

void check_transaction(const PeersView& view, Transaction transaction, const Message& message) {
  const TransactionResult& result = *message.result;
  const std::span<const Told> steps =
      std::span(view.told()).subspan(transaction.begin, transaction.end - transaction.begin);
  const auto content = std::ranges::find(steps, Step::content, &Told::step);
  const bool was_sent = content != steps.end();
  const bool is_any_accepted = has_accepted(view, transaction);
  bool is_open = false;
  for (std::size_t i = 0; i < result.recipients.size(); ++i) {
    const Reply& told = result.recipients[i];
    const Reply wanted = fate(view, transaction, i);
    if (told.code == 0) {
      require(result.broken.has_value() || result.closing,
              "who has no reply lacks it for a reason");
      is_open = true;
      continue;
    }
    require(
        told.code == wanted.code && told.text == wanted.text && told.enhanced == wanted.enhanced,
        "a recipient has the reply that is its own", told.text + " / " + wanted.text);
    require(!is_2xx(told) || was_sent, "who is delivered has been sent the message");
  }
  require(!is_open || was_sent == (result.progress == Progress::unconfirmed),
          "a message that may have been taken is not said to be lost");
  if (was_sent) {
    std::string whole;
    for (const std::string& piece : message.pieces) {
      whole += piece;
    }
    require(content->content == (is_any_accepted ? whole : ""),
            "the message is sent as it is, to those who were accepted", content->content);
  }
}

/// The peer's end, and the client behind it.
class Dialogue {
 public:
  Dialogue(std::uint8_t choice, const fuzz::PieceSizes& sizes) : sizes_(sizes) {
    const int recipients = 1 + (choice >> 2 & 3);
    for (int i = 0; i <= (choice & 1); ++i) {
      messages_.push_back(make_message(recipients, (choice >> 4 & (1 << i)) != 0));
    }
    std::array<int, 2> ends{};
    require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends.data()) == 0,
            "a socket pair");
    socket_ = ends[1];
    asio::ip::tcp::socket socket(io_);
    socket.assign(asio::ip::tcp::v6(), ends[0]);
    client_ = std::make_unique<Client>(net::Stream(std::move(socket)), ClientTimeouts());
    asio::co_spawn(io_, deliver(*client_, messages_, (choice & 2) != 0),
                   [this](std::exception_ptr error) {
                     require(!error, "no exception leaves the client");
                     is_done_ = true;
                   });
    settle();
  }
  Dialogue(const Dialogue&) = delete;
  Dialogue& operator=(const Dialogue&) = delete;
  ~Dialogue() { ::close(socket_); }

  bool is_done() const { return is_done_; }

  void say(std::string_view text) {
    require(view_.unanswered() <= 1 || view_.has_offered_pipelining(),
            "commands go out together where PIPELINING is offered");
    for (const std::string_view piece : fuzz::cut(text, sizes_)) {
      if (::send(socket_, piece.data(), piece.size(), MSG_NOSIGNAL) < 0) {
        return;
      }
      view_.said(piece);
      settle();
    }
  }

  void finish() {
    ::shutdown(socket_, SHUT_RDWR);
    settle();
    require(is_done_, "a client ends when its peer has gone");
    const std::vector<Transaction> transactions = transactions_of(view_.told());
    for (std::size_t i = 0; i < messages_.size() && messages_[i].result; ++i) {
      if (i < transactions.size()) {
        check_transaction(view_, transactions[i], messages_[i]);
      } else {
        require(messages_[i].result->progress == Progress::nothing,
                "who said nothing sent nothing");
      }
    }
  }

 private:
  void settle() {
    std::array<char, 16384> buffer;
    ssize_t got = 0;
    do {
      io_.restart();
      io_.poll();
      got = ::read(socket_, buffer.data(), buffer.size());
      view_.heard({buffer.data(), static_cast<std::size_t>(std::max<ssize_t>(got, 0))});
    } while (got > 0);
  }

  asio::io_context io_{1};
  fuzz::PieceSizes sizes_;
  std::deque<Message> messages_;
  std::unique_ptr<Client> client_;
  PeersView view_;
  int socket_ = -1;
  bool is_done_ = false;
};

}  // namespace
}  // namespace postrider::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider;
  fuzz::Choices choices(data, size);
  const std::uint8_t choice = choices.byte();
  const fuzz::PieceSizes sizes = fuzz::take_sizes(choices);
  smtp::Dialogue conversation(choice, sizes);
  for (const std::string_view words : split(choices.rest(), '\1')) {
    if (conversation.is_done()) {
      break;
    }
    conversation.say(words);
  }
  conversation.finish();
  return 0;
}
