#include "simulator/mailbox.h"

#include <string>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "mail/address.h"
#include "simulator/behaviours.h"

namespace postrider::simulator {

namespace asio = boost::asio;
using asio::awaitable;
using smtp::Envelope;
using smtp::Reply;
using smtp::SessionInfo;

namespace {

constexpr std::size_t kEndlessLines = 5000;  // a client gives up long before

struct Filling {
  std::string_view placeholder;
  std::string value;
};

std::string fill_in(std::string_view text, const std::vector<Filling>& fillings) {
  std::string filled(text);
  for (const Filling& filling : fillings) {
    for (auto at = filled.find(filling.placeholder); at != std::string::npos;
         at = filled.find(filling.placeholder, at + filling.value.size())) {
      filled.replace(at, filling.placeholder.size(), filling.value);
    }
  }
  return filled;
}

std::string repeat_line(std::string_view line, std::size_t times) {
  std::string lines;
  lines.reserve(times * (line.size() + 1));
  for (std::size_t i = 0; i < times; ++i) {
    lines.append(i == 0 ? "" : "\n").append(line);
  }
  return lines;
}

awaitable<void> wait(std::chrono::milliseconds limit) {
  asio::steady_timer timer(co_await asio::this_coro::executor, limit);
  co_await timer.async_wait(asio::use_awaitable);
}

class MailboxHandler final : public smtp::SessionHandler {
 public:
  explicit MailboxHandler(Shared& shared) : shared_(shared) { ++shared_.sessions; }
  ~MailboxHandler() override { --shared_.sessions; }
  MailboxHandler(const MailboxHandler&) = delete;
  MailboxHandler& operator=(const MailboxHandler&) = delete;

  Reply connected(const SessionInfo& /*session*/) override {
    if (shared_.sessions > shared_.sessions_max) {
      return {.code = 421, .enhanced = "4.3.2", .text = "too many sessions", .close = true};
    }
    return {.code = 220, .enhanced = "", .text = "mailbox simulator, nothing leaves this machine"};
  }

  awaitable<Reply> authenticate(const SessionInfo& /*session*/, std::string /*user*/,
                                std::string /*password*/) override {
    co_return Reply{.code = 535, .enhanced = "5.7.8", .text = "nobody authenticates here"};
  }

  awaitable<Reply> mail(const SessionInfo& /*session*/, const Envelope& /*envelope*/) override {
    co_return Reply{.code = 250, .enhanced = "2.1.0", .text = "OK"};
  }

  awaitable<Reply> recipient(const SessionInfo& session, const Envelope& envelope,
                             const smtp::Recipient& recipient) override {
    const Behaviour* behaviour = find_behaviour(recipient.address.local);
    if (behaviour == nullptr) {
      co_return Reply{.code = 550,
                      .enhanced = "5.1.1",
                      .text = "<" + to_string(recipient.address) +
                              ">: no such mailbox in the simulator; postrider simulator --list "
                              "names those that are"};
    }
    if (behaviour->effect == Effect::late) {
      co_await wait(shared_.late);
    }
    if (behaviour->step == Step::rcpt && applies(*behaviour, session, recipient.address)) {
      co_return answer(*behaviour, session, envelope, recipient.address);
    }
    co_return Reply{.code = 250, .enhanced = "2.1.5", .text = "OK"};
  }

  awaitable<Reply> data(const SessionInfo& /*session*/, const Envelope& /*envelope*/) override {
    co_return Reply{.code = 354, .enhanced = "", .text = "Go ahead"};
  }

  // There is one reply to the final dot: the first recipient who shows itself there decides.
  awaitable<Reply> message(const SessionInfo& session, Envelope envelope,
                           std::string content) override {
    for (const smtp::Recipient& recipient : envelope.recipients) {
      const Behaviour* behaviour = find_behaviour(recipient.address.local);
      if (behaviour == nullptr || behaviour->step != Step::dot) {
        continue;
      }
      if (behaviour->effect == Effect::late) {
        co_await wait(shared_.late);
      } else if (applies(*behaviour, session, recipient.address)) {
        co_return answer(*behaviour, session, envelope, recipient.address);
      }
    }
    const auto taken = shared_.memory.keep(describe(session, envelope, std::move(content)));
    answer_for(envelope, *taken);
    for (const smtp::Recipient& recipient : envelope.recipients) {
      const Behaviour* behaviour = find_behaviour(recipient.address.local);
      if (behaviour != nullptr && behaviour->reader != Reader::nobody) {
        shared_.read(behaviour->reader, taken);
      }
    }
    co_return Reply{.code = 250,
                    .enhanced = "2.0.0",
                    .text = "OK: queued as " + session.id + "-" + std::to_string(taken->number)};
  }

  void ended(const SessionInfo& /*session*/, const std::string& /*why*/) override {}

 private:
  bool applies(const Behaviour& behaviour, const SessionInfo& session,
               const mail::Address& recipient) {
    switch (behaviour.effect) {
      case Effect::take:
      case Effect::late:
        return false;
      case Effect::twice:
        return shared_.memory.count(to_string(recipient)) < 2;
      case Effect::over_rate:
        return !shared_.memory.admit(to_string(recipient), shared_.clock.now());
      case Effect::with_tls:
        return session.tls.has_value();
      case Effect::without_tls:
        return !session.tls;
      case Effect::always:
      case Effect::hang_up:
      case Effect::malformed:
      case Effect::endless:
        return true;
    }
    return false;
  }

  static Reply answer(const Behaviour& behaviour, const SessionInfo& session,
                      const Envelope& envelope, const mail::Address& recipient) {
    std::string text = fill_in(behaviour.text, {{"{recipient}", to_string(recipient)},
                                                {"{sender}", to_string(envelope.reverse_path)},
                                                {"{domain}", envelope.reverse_path.domain},
                                                {"{client}", session.client.address().to_string()},
                                                {"{id}", session.id}});
    if (behaviour.effect == Effect::endless) {
      text = repeat_line(text, kEndlessLines);
    }
    return {.code = behaviour.code,
            .enhanced = std::string(behaviour.enhanced),
            .text = std::move(text),
            .close = behaviour.close};
  }

  void answer_for(const Envelope& envelope, const Taken& taken) {
    for (std::size_t i = 0; shared_.answering && i < envelope.recipients.size(); ++i) {
      const mail::Address& mailbox = envelope.recipients[i].address;
      const Behaviour* behaviour = find_behaviour(mailbox.local);
      if (behaviour == nullptr) {
        continue;
      }
      const Answered answered{.return_path = envelope.reverse_path,
                              .mailbox = mailbox,
                              .content = taken.content,
                              .id = std::to_string(taken.number) + "." + std::to_string(i),
                              .now = taken.at};
      if (auto mail = sent_back(behaviour->sequel, answered, shared_.answering->complaints_to)) {
        shared_.send_back(*std::move(mail));
      }
    }
  }

  Taken describe(const SessionInfo& session, const Envelope& envelope, std::string content) const {
    Taken taken{.at = shared_.clock.now(),
                .sender = to_string(envelope.reverse_path),
                .recipients = {},
                .client = net::to_string(session.client),
                .tls = session.tls ? session.tls->version : "",
                .content = std::move(content)};
    for (const smtp::Recipient& recipient : envelope.recipients) {
      taken.recipients.push_back(to_string(recipient.address));
    }
    return taken;
  }

  Shared& shared_;
};

}  // namespace

std::unique_ptr<smtp::SessionHandler> make_mailbox_handler(Shared& shared) {
  return std::make_unique<MailboxHandler>(shared);
}

}  // namespace postrider::simulator
