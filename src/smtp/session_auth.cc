// AUTH PLAIN and LOGIN (RFC 4954, RFC 4616).
#include <optional>
#include <utility>

#include "base/text.h"
#include "smtp/session.h"

namespace postrider::smtp {

bool Session::offers_auth() const {
  return options_->auth_offered && (info_.tls || options_->auth_in_clear);
}

/// False: it has been refused.
bool Session::may_authenticate() {
  if (!info_.esmtp) {
    refuse(503, "5.5.1", "say EHLO first");
  } else if (lacks_tls()) {
    // said
  } else if (!options_->auth_offered) {
    refuse(502, "5.5.1", "AUTH is not offered");
  } else if (!offers_auth()) {
    refuse(538, "5.7.11", "say STARTTLS first: passwords are not taken in the clear");
  } else if (!info_.user.empty()) {
    refuse(503, "5.5.1", "already authenticated");
  } else if (envelope_) {
    refuse(503, "5.5.1", "not within a transaction");
  } else {
    return true;
  }
  return false;
}

boost::asio::awaitable<void> Session::on_auth(std::string_view argument) {
  if (!may_authenticate()) {
    co_return;
  }
  const std::string mechanism(take_word(argument));
  const std::string_view response = take_word(argument);
  std::optional<std::string> initial;
  if (response == "=") {
    initial.emplace();
  } else if (!response.empty()) {
    initial = decode_response(response);
    if (!initial) {
      co_return;
    }
  }
  if (equal_ignoring_case(mechanism, "PLAIN")) {
    co_await auth_plain(std::move(initial));
  } else if (equal_ignoring_case(mechanism, "LOGIN")) {
    co_await auth_login(std::move(initial));
  } else {
    refuse(504, "5.5.4", "AUTH takes PLAIN and LOGIN");
  }
}

/// authzid NUL authcid NUL password, where authzid is empty or the same.
boost::asio::awaitable<void> Session::auth_plain(std::optional<std::string> initial) {
  if (!initial) {
    initial = co_await ask("");
    if (!initial) {
      co_return;
    }
  }
  const auto parts = split(*initial, '\0');
  if (parts.size() != 3 || parts[1].empty()) {
    refuse(501, "5.5.2", "user and password, each behind a NUL, are expected");
    co_return;
  }
  if (!parts[0].empty() && parts[0] != parts[1]) {
    refuse(535, "5.7.8", "nobody may act for another user here");
    co_return;
  }
  co_await verify(std::string(parts[1]), std::string(parts[2]));
}

boost::asio::awaitable<void> Session::auth_login(std::optional<std::string> initial) {
  if (!initial) {
    initial = co_await ask("VXNlcm5hbWU6");  // "Username:"
    if (!initial) {
      co_return;
    }
  }
  std::optional<std::string> password = co_await ask("UGFzc3dvcmQ6");  // "Password:"
  if (password) {
    co_await verify(std::move(*initial), std::move(*password));
  }
}

/// The client's answer, decoded; nothing if it gave none that can be used (it has been told).
boost::asio::awaitable<std::optional<std::string>> Session::ask(std::string_view prompt) {
  say(334, "", prompt);
  const bool answered = co_await next_auth_line();
  if (!answered) {
    co_return std::nullopt;
  }
  if (line_ == "*") {
    refuse(501, "5.7.0", "cancelled");
    co_return std::nullopt;
  }
  co_return decode_response(line_);
}

std::optional<std::string> Session::decode_response(std::string_view text) {
  std::optional<std::string> decoded = decode_base64(text);
  if (!decoded) {
    refuse(501, "5.5.2", "not base64");
  }
  return decoded;
}

boost::asio::awaitable<void> Session::verify(std::string user, std::string password) {
  const Reply reply = co_await handler_.authenticate(info_, user, std::move(password));
  if (reply.is_positive()) {
    info_.user = std::move(user);
  } else if (reply.is_permanent() && !spend_error()) {
    co_return;
  }
  answer(reply);
}

}  // namespace postrider::smtp
