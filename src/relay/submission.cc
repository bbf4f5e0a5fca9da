#include "relay/submission.h"

#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text.h"

namespace postrider::relay {

namespace asio = boost::asio;
using asio::awaitable;
using smtp::Reply;

namespace {

Reply ok(std::string enhanced, std::string text) {
  return {.code = 250, .enhanced = std::move(enhanced), .text = std::move(text)};
}

awaitable<void> pause(std::chrono::milliseconds time) {
  if (time.count() > 0) {
    asio::steady_timer timer(co_await asio::this_coro::executor, time);
    co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  }
}

constexpr std::uint64_t kCopiesToCome = 4;
constexpr std::size_t kSmall = 64 * 1024;

Reply no_memory() {
  return {.code = 452,
          .enhanced = "4.3.1",
          .text = "there is no memory for more mail now, try again later"};
}

/// "550 5.7.1 text" as prepare() words it.
Reply refusal(const Error& error) {
  const std::string& text = error.text();
  const auto space = text.find(' ', 4);
  return {.code = text.starts_with("554")   ? 554
                  : text.starts_with("450") ? 450
                                            : 550,
          .enhanced = text.substr(4, space - 4),
          .text = text.substr(space + 1)};
}

/// Disk space that one transaction may need, counted among that of all for as long as it lives.
class Reservation {
 public:
  Reservation(std::atomic<std::uint64_t>& total, std::uint64_t bytes)
      : total_(total), bytes_(bytes) {
    total_ += bytes_;
  }
  ~Reservation() { total_ -= bytes_; }
  Reservation(const Reservation&) = delete;
  Reservation& operator=(const Reservation&) = delete;

 private:
  std::atomic<std::uint64_t>& total_;
  std::uint64_t bytes_;
};

class SubmissionHandler final : public smtp::SessionHandler {
 public:
  SubmissionHandler(SubmissionServices& services, std::shared_ptr<const ListenerSettings> listener,
                    std::unique_ptr<Admission> admission)
      : services_(services), listener_(std::move(listener)), admission_(std::move(admission)) {}

  Reply connected(const smtp::SessionInfo& session) override {
    const std::string refuse = admission_ ? admission_->admit(session.client.address()) : "";
    if (!refuse.empty()) {
      return {.code = 421, .enhanced = "4.7.0", .text = refuse, .close = true};
    }
    log::debug("session", {{"session", session.id}, {"client", net::to_string(session.client)}});
    return {.code = 220, .enhanced = "", .text = services_.hostname + " ESMTP Postrider"};
  }

  awaitable<Reply> authenticate(const smtp::SessionInfo& session, std::string user,
                                std::string password) override {
    const asio::ip::address client = session.client.address();
    auto found = services_.authenticator.look_up(client, user, password);
    if (!found) {
      std::move_only_function<directory::AuthResult()> verify = [&] {
        return services_.authenticator.verify(client, user, password);
      };
      found = co_await services_.blocking.run(std::move(verify));
    }
    co_await pause(found->delay);
    if (found->verdict == directory::Verdict::too_many_failures) {
      log::warning("AUTH refused after too many failures",
                   {{"session", session.id}, {"client", client.to_string()}, {"user", user}});
      co_return Reply{.code = 454,
                      .enhanced = "4.7.0",
                      .text = "too many failed logins, try again later",
                      .close = true};
    }
    if (found->verdict == directory::Verdict::wrong) {
      log::warning("AUTH failed",
                   {{"session", session.id}, {"client", client.to_string()}, {"user", user}});
      co_return Reply{.code = 535, .enhanced = "5.7.8", .text = "user or password is wrong"};
    }
    co_return Reply{.code = 235, .enhanced = "2.7.0", .text = "welcome"};
  }

  awaitable<Reply> mail(const smtp::SessionInfo& session, const smtp::Envelope& envelope) override {
    if (services_.is_stopping) {
      co_return Reply{.code = 421, .enhanced = "4.3.2", .text = "shutting down", .close = true};
    }
    const auto snapshot = services_.directory.snapshot();
    const AccountId account = sender_of(session, *snapshot).account;
    if (!account.exists()) {
      co_return Reply{.code = 530, .enhanced = "5.7.0", .text = "authentication required"};
    }
    const directory::Account* found = snapshot->account(account);
    if (found == nullptr || !found->is_active) {
      co_return Reply{.code = 550, .enhanced = "5.7.1", .text = "this account is not active"};
    }
    const mail::Address& sender = envelope.reverse_path;
    if (!found->own_return_paths && !sender.is_null() &&
        !snapshot->is_verified(sender.domain, account)) {
      co_return Reply{.code = 550,
                      .enhanced = "5.7.1",
                      .text = printable(sender.domain, 253) +
                              " is not a verified domain of your account, and the envelope sender "
                              "goes out as it is"};
    }
    if (!services_.memory.has_room()) {
      co_return no_memory();
    }
    if (!reserve(envelope)) {
      co_return Reply{
          .code = 452, .enhanced = "4.3.1", .text = "insufficient system storage, try again later"};
    }
    co_return ok("2.1.0", "sender ok");
  }

  awaitable<Reply> recipient(const smtp::SessionInfo& /*session*/,
                             const smtp::Envelope& /*envelope*/,
                             const smtp::Recipient& recipient) override {
    if (recipient.address.domain.empty()) {
      co_return Reply{.code = 550, .enhanced = "5.1.2", .text = "no local mailboxes here"};
    }
    if (recipient.address.is_literal()) {
      co_return Reply{
          .code = 550, .enhanced = "5.1.2", .text = "mail to address literals is not relayed"};
    }
    co_return ok("2.1.5", "recipient ok");
  }

  awaitable<Reply> data(const smtp::SessionInfo& /*session*/,
                        const smtp::Envelope& /*envelope*/) override {
    co_return Reply{.code = 354, .enhanced = "", .text = "end with <CRLF>.<CRLF>"};
  }

  awaitable<Reply> message(const smtp::SessionInfo& session, smtp::Envelope envelope,
                           std::string content) override {
    // The stored copy, the database's batch, its log's buffer and its table in memory.
    const auto claim = services_.memory.claim(kCopiesToCome * content.size());
    if (content.size() > kSmall && !services_.memory.has_room()) {
      reset();
      co_return no_memory();
    }
    auto snapshot = services_.directory.snapshot();
    const Sender sender = sender_of(session, *snapshot);
    Origin origin = origin_of(session, envelope, sender.stream);
    Submission submission{.account = sender.account,
                          .envelope = std::move(envelope),
                          .content = std::move(content),
                          .origin = std::move(origin)};
    const std::string from = mail::to_string(submission.envelope.reverse_path);
    const auto until_stored = std::move(reservation_);
    const Result<MessageId> accepted =
        co_await services_.intake.accept(std::move(submission), std::move(snapshot));
    if (accepted) {
      co_return ok("2.0.0", "queued as " + to_string(*accepted));
    }
    const Error& why = accepted.error();
    if (why.code() == Errc::invalid) {
      note_rejected(session, sender.account, from, why.text());
      co_return refusal(why);
    }
    log::error("a message could not be stored", {{"session", session.id}, {"why", why.text()}});
    co_return Reply{.code = 452,
                    .enhanced = "4.3.1",
                    .text = "the message can't be stored now, try again later"};
  }

  bool has_memory() override { return services_.memory.has_room(); }

  void reset() override { reservation_.reset(); }

  void ended(const smtp::SessionInfo& session, const std::string& why) override {
    log::debug("session ended", {{"session", session.id}, {"why", why}});
  }

 private:
  bool reserve(const smtp::Envelope& envelope) {
    const std::uint64_t limit = listener_->message_bytes_max;
    const std::uint64_t declared = envelope.declared_size;
    const std::uint64_t size = declared > 0 && declared < limit ? declared : limit;
    reservation_ = std::make_unique<Reservation>(services_.reserved_bytes, size + size / 2);
    if (services_.store.has_room(services_.reserved_bytes.load())) {
      return true;
    }
    reservation_.reset();
    return false;
  }

  struct Sender {
    AccountId account;
    directory::Stream stream = directory::Stream::automatic;
  };

  /// By AUTH (or XCLIENT's LOGIN), or because the listener trusts the client's network. Asked each
  /// time: a credential that has been removed ends what it may do.
  Sender sender_of(const smtp::SessionInfo& session, const directory::Snapshot& snapshot) const {
    if (!session.user.empty()) {
      const directory::Credential* credential = snapshot.credential(session.user);
      return credential == nullptr || !credential->is_active
                 ? Sender()
                 : Sender{.account = credential->account, .stream = credential->stream};
    }
    for (const TrustedHosts& trusted : listener_->trusted) {
      if (trusted.network.contains(session.client.address())) {
        const directory::Account* account = snapshot.account(trusted.account);
        return {.account = account == nullptr ? AccountId{} : account->id};
      }
    }
    return {};
  }

  static Origin origin_of(const smtp::SessionInfo& session, const smtp::Envelope& envelope,
                          directory::Stream stream) {
    return {.helo = session.helo,
            .client = session.client.address().to_string(),
            .protocol = protocol_of(session, envelope),
            .user = session.user,
            .session = session.id,
            .stream = stream};
  }

  void note_rejected(const smtp::SessionInfo& session, AccountId account, const std::string& from,
                     const std::string& why) {
    log::info("submission refused", {{"session", session.id}, {"from", from}, {"why", why}});
    events::Event event;
    event.type = events::Type::rejected;
    event.time = services_.clock.now();
    event.account = account;
    event.from = from;
    event.session = session.id;
    event.client = session.client.address().to_string();
    event.user = session.user;
    event.detail = why;
    store::Step step;
    services_.events.append(step, event);
    services_.committers[net::IoThreads::current()].note(std::move(step), {});
  }

  SubmissionServices& services_;
  std::shared_ptr<const ListenerSettings> listener_;
  std::unique_ptr<Admission> admission_;
  std::unique_ptr<Reservation> reservation_;
};

}  // namespace

std::unique_ptr<smtp::SessionHandler> make_submission_handler(
    SubmissionServices& services, std::shared_ptr<const ListenerSettings> listener,
    std::unique_ptr<Admission> admission) {
  return std::make_unique<SubmissionHandler>(services, std::move(listener), std::move(admission));
}

}  // namespace postrider::relay
