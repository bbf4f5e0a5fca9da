#include "simulator/sent_back.h"

#include <array>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "mail/dsn.h"
#include "mail/header.h"
#include "net/connect.h"
#include "net/network.h"
#include "smtp/client.h"

namespace postrider::simulator {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::string_view kHost = "mx.simulator.test";
constexpr int kTries = 5;
constexpr std::chrono::seconds kLimit{20};

std::string head(const Answered& answered, const std::string& from, const mail::Address& to,
                 const std::string& subject) {
  return "From: " + from + "\r\nTo: <" + to_string(to) + ">\r\nSubject: " + subject +
         "\r\nDate: " + mail::format_date(answered.now) + "\r\nMessage-ID: <" + answered.id + "@" +
         std::string(kHost) + ">\r\nMIME-Version: 1.0\r\n";
}

std::string bounce(const Answered& answered) {
  mail::DsnRecipient about;
  about.final_recipient = answered.mailbox;
  about.status = "5.1.1";
  about.remote_mta = "store.simulator.test";
  about.diagnostic =
      "550 5.1.1 <" + to_string(answered.mailbox) + ">: User unknown in virtual mailbox table";
  about.last_attempt = answered.now;
  mail::DsnMessage report{.reporting_mta = std::string(kHost),
                          .to = answered.return_path,
                          .envelope_id = {},
                          .message_id = "<" + answered.id + "@" + std::string(kHost) + ">",
                          .arrived = answered.now,
                          .now = answered.now,
                          .recipients = {},
                          .original = answered.content};
  report.recipients.push_back(std::move(about));
  return mail::build_dsn(report);
}

std::string complaint(const Answered& answered, const mail::Address& to) {
  const std::string boundary = "=_" + answered.id;
  std::string out = head(answered, "complaints@simulator.test", to, "complaint about a message");
  out += "Content-Type: multipart/report; report-type=feedback-report;\r\n\tboundary=\"" +
         boundary + "\"\r\n\r\n--" + boundary +
         "\r\nContent-Type: text/plain\r\n\r\nA reader called this message spam.\r\n\r\n--" +
         boundary +
         "\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\n"
         "User-Agent: Postrider-Simulator/1.0\r\nVersion: 1\r\nOriginal-Mail-From: <" +
         to_string(answered.return_path) + ">\r\n\r\n--" + boundary +
         "\r\nContent-Type: message/rfc822\r\n\r\n";
  return out.append(answered.content).append("\r\n--").append(boundary).append("--\r\n");
}

std::string vacation(const Answered& answered) {
  const mail::Sections sections = mail::split_message(answered.content);
  const mail::Field* subject = mail::find_field(sections.fields, "Subject");
  const mail::Field* id = mail::find_field(sections.fields, "Message-ID");
  std::string out =
      head(answered, "<" + to_string(answered.mailbox) + ">", answered.return_path,
           "Out of office: " + (subject == nullptr ? "" : mail::unfold(subject->value)));
  out += "Auto-Submitted: auto-replied\r\n";
  if (id != nullptr) {
    out += "In-Reply-To: " + mail::unfold(id->value) + "\r\n";
  }
  return out +
         "Content-Type: text/plain\r\n\r\nI am out of office until Monday and will answer "
         "then.\r\n";
}

/// The reply that settles it.
awaitable<Result<smtp::Reply>> bring_once(const SentBack& mail, const asio::ip::tcp::endpoint& to) {
  auto connected = co_await net::connect(to, std::nullopt, net::within(kLimit));
  if (!connected) {
    co_return fail(Error(connected.error()));
  }
  smtp::Client client(std::move(*connected), {.dot = kLimit});
  CO_TRY(const smtp::Reply greeting, co_await client.greeting());
  if (greeting.code != 220) {
    co_return greeting;
  }
  CO_TRY(const smtp::Reply hello, co_await client.hello(std::string(kHost)));
  if (hello.code != 250) {
    co_return hello;
  }
  const std::array<std::string_view, 1> pieces{mail.content};
  const smtp::Outgoing outgoing{.envelope = &mail.envelope,
                                .content = pieces,
                                .content_bytes = mail.content.size(),
                                .has_long_lines = true};
  const smtp::TransactionResult result = co_await client.transact(outgoing, nullptr, 0);
  co_await client.quit();
  if (result.broken && result.recipients.front().code == 0) {
    co_return fail(*result.broken);
  }
  co_return result.recipients.front();
}

}  // namespace

std::optional<SentBack> sent_back(Sequel sequel, const Answered& answered,
                                  const mail::Address& complaints_to) {
  if (sequel == Sequel::none || answered.return_path.is_null()) {
    return std::nullopt;
  }
  SentBack mail;
  const mail::Address& to = sequel == Sequel::complaint ? complaints_to : answered.return_path;
  mail.envelope.recipients.push_back({.address = to, .notify = smtp::kNotifyUnset, .orcpt = {}});
  mail.content = sequel == Sequel::bounce      ? bounce(answered)
                 : sequel == Sequel::complaint ? complaint(answered, complaints_to)
                                               : vacation(answered);
  return mail;
}

awaitable<void> bring_back(SentBack mail, asio::ip::tcp::endpoint to,
                           std::chrono::milliseconds wait) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  std::string why;
  for (int tried = 0; tried < kTries; ++tried) {
    timer.expires_after(wait);
    co_await timer.async_wait(asio::use_awaitable);
    const Result<smtp::Reply> reply = co_await bring_once(mail, to);
    why = reply ? to_string(*reply) : reply.error().text();
    if (reply && reply->code / 100 != 4) {
      log::debug("the simulator sent a mail back", {{"reply", why}});
      co_return;
    }
  }
  log::warning("the simulator could not send a mail back",
               {{"to", net::to_string(to)}, {"why", why}});
}

}  // namespace postrider::simulator
