// MAIL and RCPT.
#include <utility>

#include "smtp/session.h"

namespace postrider::smtp {

/// RFC 3207, 4: before STARTTLS, where it is required, there are EHLO, NOOP and QUIT. True: it has
/// been refused.
bool Session::lacks_tls() {
  const bool lacks = options_->tls_required && !info_.tls;
  if (lacks) {
    refuse(530, "5.7.0", "say STARTTLS first");
  }
  return lacks;
}

/// Whether a transaction may begin here; false: it has been refused.
bool Session::is_admitted() {
  if (lacks_tls()) {
    return false;
  }
  if (info_.helo.empty()) {
    refuse(503, "5.5.1", "say EHLO first");
    return false;
  }
  if (options_->auth_required && info_.user.empty()) {
    refuse(530, "5.7.0", "authentication is required");
    return false;
  }
  return true;
}

ParameterRules Session::parameter_rules() const {
  return {.esmtp = info_.esmtp,
          .eight_bit_mime = options_->offers_8bitmime,
          .smtputf8 = options_->offers_smtputf8,
          .dsn = options_->offers_dsn,
          .auth = offers_auth(),
          .message_bytes_max = options_->message_bytes_max};
}

boost::asio::awaitable<void> Session::on_mail(std::string_view argument) {
  if (!is_admitted()) {
    co_return;
  }
  if (envelope_) {
    refuse(503, "5.5.1", "a transaction is open already");
    co_return;
  }
  if (options_->transactions_max != 0 && transactions_ >= options_->transactions_max) {
    give_up(421, "4.7.0", "enough messages for one session", "too many transactions");
    co_return;
  }
  Parsed<Envelope> parsed = parse_mail(argument, parameter_rules());
  if (!parsed) {
    refuse(parsed.error());
    co_return;
  }
  const Reply reply = co_await handler_.mail(info_, *parsed);
  if (reply.is_positive()) {
    envelope_ = std::move(*parsed);
    refused_recipients_ = 0;
    ++transactions_;
  } else if (reply.is_permanent() && !spend_error()) {
    co_return;
  }
  answer(reply);
}

boost::asio::awaitable<void> Session::on_rcpt(std::string_view argument) {
  if (!envelope_ || chunks_) {
    if (!lacks_tls()) {
      refuse(503, "5.5.1", envelope_ ? "the content has begun" : "say MAIL first");
    }
    co_return;
  }
  Parsed<Recipient> parsed = parse_rcpt(argument, parameter_rules(), envelope_->smtputf8);
  if (!parsed) {
    refuse(parsed.error());
    co_return;
  }
  if (envelope_->recipients.size() >= options_->recipients_max) {
    if (++refused_recipients_ <= options_->recipients_max || spend_error()) {
      say(452, "4.5.3", "too many recipients");
    }
    co_return;
  }
  const Reply reply = co_await handler_.recipient(info_, *envelope_, *parsed);
  if (reply.is_positive()) {
    envelope_->recipients.push_back(std::move(*parsed));
  } else if (++refused_recipients_ > options_->recipients_max && !spend_error()) {
    co_return;
  }
  answer(reply);
}

void Session::reset_transaction() {
  if (envelope_) {
    handler_.reset();
  }
  envelope_.reset();
  chunks_.reset();
}

}  // namespace postrider::smtp
