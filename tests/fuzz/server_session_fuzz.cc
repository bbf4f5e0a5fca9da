// Feeds bytes to a whole server session over a socket pair, cut as the input says.
//
// What must hold whatever comes: nothing crashes; the handler is asked in a legal order (MAIL
// before RCPT before DATA before the message, nothing after a refusal to greet, ended() last); a
// message is handed over at most once for each time that its beginning was granted; no message
// holds a bare CR or LF or a NUL; and every reply is well-formed.
#include <array>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <string>
#include <string_view>
#include <sys/socket.h>
#include <unistd.h>
#include <vector>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

#include "base/log.h"
#include "smtp/content_check.h"
#include "smtp/server_session.h"

namespace postrider::smtp {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using tcp = asio::ip::tcp;

void require(bool holds, const char* what) {
  if (!holds) {
    std::cerr << "broken: " << what << '\n';
    std::abort();
  }
}

Reply say(int code, const char* enhanced) {
  return {.code = code, .enhanced = enhanced, .text = "fuzz", .close = false};
}

/// Answers by what it is asked, and checks that it may be asked so.
class OrderlyHandler final : public SessionHandler {
 public:
  explicit OrderlyHandler(bool& ended) : ended_(ended) {}
  ~OrderlyHandler() override { require(ended_, "ended() is called"); }

  Reply connected(const SessionInfo&) override {
    require(!connected_, "connected() is called once");
    connected_ = true;
    return say(220, "");
  }

  awaitable<Reply> authenticate(const SessionInfo& session, std::string user,
                                std::string password) override {
    require(connected_ && !ended_ && session.esmtp && session.user.empty(),
            "AUTH once, behind EHLO");
    co_return user == password ? say(235, "2.7.0") : say(535, "5.7.8");
  }

  awaitable<Reply> mail(const SessionInfo& session, const Envelope& envelope) override {
    require(connected_ && !ended_ && !session.helo.empty(), "MAIL behind EHLO");
    require(envelope.recipients.empty(), "a new envelope has no recipients");
    granted_ = false;
    in_mail_ = envelope.reverse_path.local != "refused";
    co_return in_mail_ ? say(250, "2.1.0") : say(550, "5.7.1");
  }

  awaitable<Reply> recipient(const SessionInfo&, const Envelope& envelope,
                             const Recipient& recipient) override {
    require(in_mail_ && !granted_ && !ended_, "RCPT behind MAIL");
    require(!recipient.address.is_null(), "a recipient has an address");
    require(envelope.recipients.size() < kRecipientsMax, "recipients are limited");
    co_return recipient.address.local == "refused" ? say(550, "5.1.1") : say(250, "2.1.5");
  }

  awaitable<Reply> data(const SessionInfo&, const Envelope& envelope) override {
    require(in_mail_ && !granted_ && !ended_, "DATA behind MAIL, once");
    require(!envelope.recipients.empty(), "DATA behind RCPT");
    granted_ = envelope.reverse_path.local != "nodata";
    in_mail_ = granted_;
    co_return granted_ ? say(354, "") : say(451, "4.3.0");
  }

  awaitable<Reply> message(const SessionInfo&, Envelope envelope, std::string content) override {
    require(granted_ && !ended_, "a message for each time that one was granted");
    require(!envelope.recipients.empty(), "a message has recipients");
    require(content.size() <= kMessageMax + 2, "messages are limited");
    require(has_only_crlf(content) && content.find('\0') == std::string::npos, "lines are lines");
    granted_ = in_mail_ = false;
    co_return say(250, "2.0.0");
  }

  void ended(const SessionInfo&, const std::string&) override {
    require(!ended_, "ended() is called once");
    ended_ = true;
  }

  static constexpr std::size_t kMessageMax = 4000;
  static constexpr std::size_t kRecipientsMax = 5;

 private:
  bool& ended_;
  bool connected_ = false;
  bool in_mail_ = false;
  bool granted_ = false;
};

ServerOptions options_from(std::uint8_t choice) {
  ServerOptions options;
  options.hostname = "fuzz.test";
  options.message_bytes_max = OrderlyHandler::kMessageMax;
  options.recipients_max = OrderlyHandler::kRecipientsMax;
  options.transactions_max = (choice & 1) != 0 ? 3 : 0;
  options.auth_required = (choice & 2) != 0;
  options.auth_in_clear = true;
  options.line_bytes_max = (choice & 4) != 0 ? 1000 : 0;
  options.hops_max = 5;
  // A socket pair has no address: what belongs to networks can't be told apart, and is all or none.
  if ((choice & 8) != 0) {
    options.xclient_from = {*net::parse_network("::/0")};
  }
  if ((choice & 16) != 0) {
    options.proxy_from = {*net::parse_network("::/0")};
  }
  return options;
}

void check_replies(std::string_view replies) {
  while (!replies.empty()) {
    const auto end = replies.find("\r\n");
    require(end != std::string_view::npos, "replies end in CRLF");
    const std::string_view line = replies.substr(0, end);
    require(end <= 510 && line.find_first_of("\r\n") == std::string_view::npos,
            "replies are lines");
    require(
        line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && (line[3] == ' ' || line[3] == '-'),
        "replies begin with a code");
    replies.remove_prefix(end + 2);
  }
}

/// Sends `input` in pieces (a byte of it says how long each is) and lets the session take each.
void converse(const ServerOptions& options, std::string_view input, std::size_t piece) {
  std::array<int, 2> ends{};
  require(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()) == 0, "a socket pair");
  asio::io_context io(1);
  bool ended = false;
  bool left = false;
  tcp::socket socket(io);
  socket.assign(tcp::v6(), ends[0]);
  asio::co_spawn(
      io,
      serve_session(net::Stream(std::move(socket)), std::make_shared<const ServerOptions>(options),
                    std::make_unique<OrderlyHandler>(ended), "fuzz"),
      [&](const std::exception_ptr& error) {
        require(!error, "no exception leaves a session");
        left = true;
      });
  io.poll();
  std::string replies;
  const auto take_replies = [&] {
    std::array<char, 4096> buffer;
    for (ssize_t got = 0; (got = ::read(ends[1], buffer.data(), buffer.size())) > 0;) {
      replies.append(buffer.data(), static_cast<std::size_t>(got));
    }
  };
  while (!input.empty() && !left) {
    const std::string_view next = input.substr(0, piece);
    if (::send(ends[1], next.data(), next.size(), MSG_NOSIGNAL) < 0) {
      break;
    }
    input.remove_prefix(next.size());
    io.poll();
    take_replies();
  }
  ::shutdown(ends[1], SHUT_WR);
  while (!left && io.run_one_for(std::chrono::seconds(10)) != 0) {
    take_replies();
  }
  take_replies();
  ::close(ends[1]);
  require(left, "a session ends when its client has gone");
  check_replies(replies);
}

}  // namespace
}  // namespace postrider::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider;
  if (size < 2 || size > 32768) {
    return -1;
  }
  const std::string_view input(reinterpret_cast<const char*>(data) + 2, size - 2);
  const std::size_t piece = data[1] == 0 ? 32768 : data[1];
  smtp::converse(smtp::options_from(data[0]), input, piece);
  return 0;
}
