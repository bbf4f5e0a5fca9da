#include "support/session_handler.h"

#include <utility>

#include "smtp/content_check.h"
#include "support/require.h"

namespace postrider::fuzz {
namespace {

using boost::asio::awaitable;
using smtp::Envelope;
using smtp::Recipient;
using smtp::Reply;
using smtp::SessionInfo;

struct Verdict {
  int code;
  const char* enhanced;
  bool close = false;
  bool is_long = false;
};

Verdict verdict(std::string_view word, Verdict usual) {
  if (word == "refused") {
    return {.code = 550, .enhanced = "5.7.1"};
  }
  if (word == "later") {
    return {.code = 451, .enhanced = "4.3.0"};
  }
  if (word == "leave") {
    return {.code = 421, .enhanced = "4.3.2"};
  }
  if (word == "close") {
    return {.code = 550, .enhanced = "5.7.1", .close = true};
  }
  if (word == "mute") {
    return {.code = 0, .enhanced = ""};
  }
  usual.is_long = word == "long";
  return usual;
}

class Handler final : public smtp::SessionHandler {
 public:
  Handler(HandlerLog& log, Greeting greeting, const smtp::ServerOptions& options)
      : log_(log), greeting_(greeting), options_(options) {}
  Handler(const Handler&) = delete;
  Handler& operator=(const Handler&) = delete;
  ~Handler() override { require(log_.has_ended, "ended() is called"); }

  Reply connected(const SessionInfo& session) override {
    require(log_.asked.empty(), "connected() is called once, and first");
    require(!options_.implicit_tls || session.tls, "implicit TLS comes before the greeting");
    constexpr Verdict kGreetings[] = {{.code = 220, .enhanced = ""},
                                      {.code = 554, .enhanced = "5.7.1"},
                                      {.code = 421, .enhanced = "4.3.2"},
                                      {.code = 0, .enhanced = ""}};
    is_welcome_ = greeting_ == Greeting::welcome;
    return say(Question::connected, kGreetings[static_cast<std::size_t>(greeting_)], "");
  }

  awaitable<Reply> authenticate(const SessionInfo& session, std::string user,
                                std::string password) override {
    require(is_welcome_ && !log_.has_ended && session.esmtp && session.user.empty() && !is_open_,
            "AUTH once, behind EHLO, outside of transactions");
    require(!options_.tls_required || session.tls, "AUTH behind STARTTLS");
    const Verdict usual = user == password ? Verdict{.code = 235, .enhanced = "2.7.0"}
                                           : Verdict{.code = 535, .enhanced = "5.7.8"};
    co_return say(Question::authenticate, verdict(user, usual), user);
  }

  awaitable<Reply> mail(const SessionInfo& session, const Envelope& envelope) override {
    require(is_welcome_ && !log_.has_ended && !session.helo.empty(), "MAIL behind EHLO");
    require(!options_.auth_required || !session.user.empty(), "MAIL behind AUTH");
    require(!options_.tls_required || session.tls, "MAIL behind STARTTLS");
    require(!is_open_, "the transaction before has ended or been reset");
    require(envelope.recipients.empty(), "a new envelope has no recipients");
    const Reply reply = say(
        Question::mail, verdict(envelope.reverse_path.local, {.code = 250, .enhanced = "2.1.0"}),
        mail::to_string(envelope.reverse_path));
    is_open_ = reply.is_positive();
    is_granted_ = false;
    co_return reply;
  }

  awaitable<Reply> recipient(const SessionInfo&, const Envelope& envelope,
                             const Recipient& recipient) override {
    require(is_open_ && !is_granted_ && !log_.has_ended, "RCPT behind MAIL");
    require(!recipient.address.is_null(), "a recipient has an address");
    require(envelope.recipients.size() < options_.recipients_max, "recipients are limited");
    co_return say(Question::recipient,
                  verdict(recipient.address.local, {.code = 250, .enhanced = "2.1.5"}),
                  mail::to_string(recipient.address));
  }

  awaitable<Reply> data(const SessionInfo&, const Envelope& envelope) override {
    require(is_open_ && !is_granted_ && !log_.has_ended, "DATA behind MAIL, once");
    require(!envelope.recipients.empty(), "DATA behind RCPT");
    is_granted_ = envelope.reverse_path.local != "nodata";
    co_return say(Question::data,
                  is_granted_ ? Verdict{.code = 354, .enhanced = ""}
                              : Verdict{.code = 451, .enhanced = "4.3.0"},
                  "");
  }

  awaitable<Reply> message(const SessionInfo&, Envelope envelope, std::string content) override {
    require(is_granted_ && !log_.has_ended, "a message for each time that one was granted");
    require(content.size() <= options_.message_bytes_max + 2, "messages are limited");
    require(smtp::has_only_crlf(content) && !content.contains('\0'), "lines are lines");
    is_granted_ = is_open_ = false;
    const Verdict given = envelope.reverse_path.local == "nomessage"
                              ? Verdict{.code = 554, .enhanced = "5.6.0"}
                              : Verdict{.code = 250, .enhanced = "2.0.0"};
    const Reply reply = say(Question::message, given, std::move(content));
    for (const Recipient& recipient : envelope.recipients) {
      log_.asked.back().recipients.push_back(mail::to_string(recipient.address));
    }
    co_return reply;
  }

  void reset() override {
    require(is_open_, "reset() ends a transaction");
    is_open_ = is_granted_ = false;
  }

  void ended(const SessionInfo&, const std::string& why) override {
    require(!log_.has_ended && !why.empty(), "ended() is called once, and says why");
    log_.has_ended = true;
  }

 private:
  Reply say(Question question, const Verdict& given, std::string about) {
    Reply reply{.code = given.code,
                .enhanced = given.enhanced,
                .text = "asked " + std::to_string(log_.asked.size()),
                .close = given.close};
    if (given.is_long) {
      reply.text += "\n" + std::string(1500, 'x') + "\nand words " + std::string(600, 'y');
    }
    log_.asked.push_back(
        {.question = question, .reply = reply, .about = std::move(about), .recipients = {}});
    return reply;
  }

  HandlerLog& log_;
  Greeting greeting_;
  const smtp::ServerOptions& options_;
  bool is_welcome_ = false;
  bool is_open_ = false;     // a transaction
  bool is_granted_ = false;  // and its content
};

}  // namespace

std::unique_ptr<smtp::SessionHandler> make_handler(HandlerLog& log, Greeting greeting,
                                                   const smtp::ServerOptions& options) {
  return std::make_unique<Handler>(log, greeting, options);
}

}  // namespace postrider::fuzz
