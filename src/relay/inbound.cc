#include "relay/inbound.h"

#include <algorithm>
#include <utility>

#include "base/log.h"
#include "base/text.h"
#include "relay/received_line.h"

namespace postrider::relay {

using boost::asio::awaitable;
using smtp::Reply;

namespace {

// The mail, and what its readers make of it.
constexpr std::uint64_t kCopiesToCome = 3;

Reply ok(std::string enhanced, std::string text) {
  return {.code = 250, .enhanced = std::move(enhanced), .text = std::move(text)};
}

Reply refusal(const Error& why) {
  return why.code() == Errc::invalid ? Reply{.code = 554, .enhanced = "5.6.0", .text = why.text()}
                                     : Reply{.code = 451, .enhanced = "4.3.0", .text = why.text()};
}

class InboundHandler final : public smtp::SessionHandler {
 public:
  InboundHandler(InboundServices& services, std::shared_ptr<const ListenerSettings> listener,
                 std::unique_ptr<Admission> admission)
      : services_(services), listener_(std::move(listener)), admission_(std::move(admission)) {}

  Reply connected(const smtp::SessionInfo& session) override {
    const std::string refuse = admission_ ? admission_->admit(session.client.address()) : "";
    if (!refuse.empty()) {
      return {.code = 421, .enhanced = "4.7.0", .text = refuse, .close = true};
    }
    log::debug("inbound session",
               {{"session", session.id}, {"client", net::to_string(session.client)}});
    return {.code = 220, .enhanced = "", .text = services_.names.hostname + " ESMTP Postrider"};
  }

  awaitable<Reply> authenticate(const smtp::SessionInfo& /*session*/, std::string /*user*/,
                                std::string /*password*/) override {
    co_return Reply{.code = 535, .enhanced = "5.7.8", .text = "nobody logs in here"};
  }

  awaitable<Reply> mail(const smtp::SessionInfo& /*session*/,
                        const smtp::Envelope& /*envelope*/) override {
    if (services_.is_stopping) {
      co_return Reply{.code = 421, .enhanced = "4.3.2", .text = "shutting down", .close = true};
    }
    if (!services_.memory.has_room()) {
      co_return Reply{.code = 452, .enhanced = "4.3.1", .text = "no memory now, try again later"};
    }
    if (!services_.store.has_room(listener_->message_bytes_max)) {
      co_return Reply{
          .code = 452, .enhanced = "4.3.1", .text = "insufficient system storage, try again later"};
    }
    co_return ok("2.1.0", "sender ok");
  }

  awaitable<Reply> recipient(const smtp::SessionInfo& session, const smtp::Envelope& /*envelope*/,
                             const smtp::Recipient& recipient) override {
    const auto found =
        inbound_address(recipient.address, services_.names, *services_.directory.snapshot());
    if (!found) {
      log::debug("inbound mail refused",
                 {{"session", session.id}, {"to", printable(to_string(recipient.address), 320)}});
      co_return found.error();
    }
    co_return ok("2.1.5", "recipient ok");
  }

  awaitable<Reply> data(const smtp::SessionInfo& /*session*/,
                        const smtp::Envelope& /*envelope*/) override {
    co_return Reply{.code = 354, .enhanced = "", .text = "end with <CRLF>.<CRLF>"};
  }

  awaitable<Reply> message(const smtp::SessionInfo& session, smtp::Envelope envelope,
                           std::string content) override {
    const auto claim = services_.memory.claim(kCopiesToCome * content.size());
    InboundMail mail{.session = session.id,
                     .sender = to_string(envelope.reverse_path),
                     .addresses = {},
                     .content = std::move(content)};
    const auto snapshot = services_.directory.snapshot();
    for (const smtp::Recipient& recipient : envelope.recipients) {
      if (const auto found = inbound_address(recipient.address, services_.names, *snapshot)) {
        mail.addresses.push_back(*found);
      }
    }
    const Origin origin{.helo = session.helo,
                        .client = session.client.address().to_string(),
                        .protocol = protocol_of(session, envelope),
                        .user = {},
                        .session = session.id};
    const ForPeople::Mail for_people{
        .account = account_of(envelope, *snapshot),
        .return_path_line = "Return-Path: <" + mail.sender + ">\r\n",
        .received_line = received_line(origin, services_.names.hostname, session.id, envelope,
                                       services_.clock.now()),
        .content = mail.content};
    Result<> taken = co_await put_for_people(mail.addresses, for_people);
    if (taken) {
      std::erase_if(mail.addresses, is_for_people);
      if (!mail.addresses.empty()) {
        taken = co_await services_.feedback.take(mail);
      }
    }
    if (!taken) {
      log::warning("inbound mail was not taken",
                   {{"session", session.id}, {"why", taken.error().text()}});
      co_return refusal(taken.error());
    }
    co_return ok("2.0.0", "taken");
  }

  bool has_memory() override { return services_.memory.has_room(); }

  void ended(const smtp::SessionInfo& session, const std::string& why) override {
    log::debug("inbound session ended", {{"session", session.id}, {"why", why}});
  }

 private:
  static bool is_for_people(const InboundAddress& address) {
    return address.use == InboundUse::postmaster || address.use == InboundUse::abuse;
  }

  awaitable<Result<>> put_for_people(const std::vector<InboundAddress>& addresses,
                                     const ForPeople::Mail& mail) {
    for (const InboundUse use : {InboundUse::postmaster, InboundUse::abuse}) {
      if (std::ranges::find(addresses, use, &InboundAddress::use) != addresses.end()) {
        CO_TRY_VOID(co_await services_.people.put(use, mail));
      }
    }
    co_return Result<>();
  }

  /// The owner of the first domain that is an account's.
  static AccountId account_of(const smtp::Envelope& envelope, const directory::Snapshot& snapshot) {
    for (const smtp::Recipient& recipient : envelope.recipients) {
      if (const directory::Domain* domain = snapshot.domain(recipient.address.domain)) {
        return domain->account;
      }
    }
    return {};
  }

  InboundServices& services_;
  std::shared_ptr<const ListenerSettings> listener_;
  std::unique_ptr<Admission> admission_;
};

}  // namespace

std::unique_ptr<smtp::SessionHandler> make_inbound_handler(
    InboundServices& services, std::shared_ptr<const ListenerSettings> listener,
    std::unique_ptr<Admission> admission) {
  return std::make_unique<InboundHandler>(services, std::move(listener), std::move(admission));
}

}  // namespace postrider::relay
