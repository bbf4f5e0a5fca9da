// How a session begins, and begins again: PROXY header, TLS, greeting, EHLO, STARTTLS, XCLIENT.
#include <algorithm>
#include <charconv>
#include <utility>

#include "base/text.h"
#include "mail/address.h"
#include "smtp/proxy_header.h"
#include "smtp/session.h"

namespace postrider::smtp {

namespace ip = boost::asio::ip;

namespace {

constexpr std::size_t kLongestHelo = 255;

bool is_among(const ip::address& address, const std::vector<net::Network>& networks) {
  return std::ranges::any_of(
      networks, [&](const net::Network& network) { return network.contains(address); });
}

bool set_address(ip::tcp::endpoint& endpoint, std::string_view value) {
  if (starts_with_ignoring_case(value, "IPV6:")) {
    value.remove_prefix(5);
  }
  boost::system::error_code ec;
  const ip::address address = ip::make_address(std::string(value), ec);
  if (!ec) {
    endpoint.address(address);
  }
  return !ec;
}

bool set_port(ip::tcp::endpoint& endpoint, std::string_view value) {
  std::uint16_t port = 0;
  const auto [end, ec] = std::from_chars(value.data(), value.data() + value.size(), port);
  if (ec != std::errc() || end != value.data() + value.size()) {
    return false;
  }
  endpoint.port(port);
  return true;
}

/// One attribute of XCLIENT. NAME, PROTO and HELO have no use here: EHLO comes again.
bool take_attribute(SessionInfo& info, std::string_view name, const std::string& value) {
  const bool unknown = value == "[UNAVAILABLE]" || value == "[TEMPUNAVAIL]";
  if (equal_ignoring_case(name, "ADDR")) {
    return unknown || set_address(info.client, value);
  }
  if (equal_ignoring_case(name, "PORT")) {
    return unknown || set_port(info.client, value);
  }
  if (equal_ignoring_case(name, "DESTADDR")) {
    return unknown || set_address(info.server, value);
  }
  if (equal_ignoring_case(name, "DESTPORT")) {
    return unknown || set_port(info.server, value);
  }
  if (equal_ignoring_case(name, "LOGIN")) {
    info.user = unknown ? "" : printable(value, kLongestHelo);
    return true;
  }
  return equal_ignoring_case(name, "NAME") || equal_ignoring_case(name, "PROTO") ||
         equal_ignoring_case(name, "HELO");
}

}  // namespace

boost::asio::awaitable<void> Session::start() {
  const net::Deadline deadline = net::within(options_->timeouts.greeting);
  if (is_among(info_.client.address(), options_->proxy_from)) {
    co_await read_proxy_header(deadline);
  }
  trusts_xclient_ = is_among(info_.client.address(), options_->xclient_from);
  if (!is_over() && options_->implicit_tls) {
    co_await start_tls(options_->tls ? options_->tls() : nullptr, deadline);
  } else if (!is_over() && !stream_.is_quiet()) {
    spend_error();  // it talks before it is greeted, as no mailer does
  }
  if (is_over()) {
    co_return;
  }
  const Reply greeting = handler_.connected(info_);
  answer(greeting);
  if (!greeting.is_positive()) {
    end("refused with " + to_string(greeting), Leave::gently);
  }
}

boost::asio::awaitable<void> Session::read_proxy_header(net::Deadline deadline) {
  std::string header;
  while (true) {
    const Result<std::size_t> lacks = proxy_header_lacks(header);
    if (!lacks) {
      end(lacks.error().text(), Leave::at_once);
      co_return;
    }
    if (*lacks == 0) {
      break;
    }
    stop_.interrupts_from = 1;
    const Result<> more = co_await stream_.fill_at_most(*lacks, deadline);
    stop_.interrupts_from = StopSignal::kNever;
    if (!more) {
      end(more.error().text() + " in waiting for a PROXY header", Leave::at_once);
      co_return;
    }
    header += stream_.buffered();
    stream_.consume(stream_.buffered().size());
  }
  const auto endpoints = parse_proxy_header(header);
  if (!endpoints) {
    end(endpoints.error().text(), Leave::at_once);
  } else if (*endpoints) {
    info_.client = (*endpoints)->client;
    info_.server = (*endpoints)->server;
  }
}

boost::asio::awaitable<void> Session::start_tls(std::shared_ptr<const net::TlsServer> context,
                                                net::Deadline deadline) {
  if (!context) {
    end("no certificate for TLS", Leave::at_once);
    co_return;
  }
  stop_.interrupts_from = 1;
  const Result<> done = co_await stream_.accept_tls(std::move(context), deadline);
  stop_.interrupts_from = StopSignal::kNever;
  if (!done) {
    end(done.error().text(), Leave::at_once);
    co_return;
  }
  info_.tls = stream_.tls();
}

void Session::on_hello(const Command& command) {
  const std::string_view name = command.argument;
  const bool good = !name.empty() && name.find(' ') == std::string_view::npos &&
                    printable(name, kLongestHelo) == name;
  if (!good) {
    refuse(501, "5.5.4", "say the name of your host");
    return;
  }
  reset_transaction();
  info_.helo = name;
  info_.esmtp = command.verb == Verb::ehlo;
  say_idly(250, "", info_.esmtp ? options_->hostname + features() : options_->hostname);
}

std::string Session::features() const {
  const ServerOptions& options = *options_;
  std::string out;
  const auto offer = [&](bool offered, std::string_view line) {
    if (offered) {
      out.push_back('\n');
      out += line;
    }
  };
  offer(options.offers_pipelining, "PIPELINING");
  offer(true, "SIZE " + std::to_string(options.message_bytes_max));
  offer(options.tls && !info_.tls, "STARTTLS");
  offer(offers_auth(), "AUTH PLAIN LOGIN");
  offer(true, "ENHANCEDSTATUSCODES");
  offer(options.offers_8bitmime, "8BITMIME");
  offer(options.offers_smtputf8, "SMTPUTF8");
  offer(options.offers_chunking, "CHUNKING");
  offer(options.offers_dsn, "DSN");
  const std::string transactions =
      options.transactions_max == 0 ? "" : " MAILMAX=" + std::to_string(options.transactions_max);
  offer(true, "LIMITS" + transactions + " RCPTMAX=" + std::to_string(options.recipients_max));
  offer(trusts_xclient_, "XCLIENT NAME ADDR PORT PROTO HELO LOGIN DESTADDR DESTPORT");
  offer(true, "HELP");
  return out;
}

boost::asio::awaitable<void> Session::on_starttls(std::string_view argument) {
  if (!stream_.buffered().empty()) {
    // Sent in the clear to be read as if it had come under TLS: no reply is worth giving.
    end("bytes pipelined behind STARTTLS", Leave::at_once);
    co_return;
  }
  if (!options_->tls) {
    refuse(502, "5.5.1", "TLS is not offered");
    co_return;
  }
  if (!argument.empty()) {
    refuse(501, "5.5.4", "STARTTLS has no parameters");
    co_return;
  }
  if (info_.tls) {
    refuse(503, "5.5.1", "TLS is on already");
    co_return;
  }
  std::shared_ptr<const net::TlsServer> context = options_->tls();
  if (!context) {
    say(454, "4.7.0", "TLS is not available now");
    co_return;
  }
  say(220, "2.0.0", "go ahead");
  co_await flush();
  if (is_over()) {
    co_return;
  }
  co_await start_tls(std::move(context), net::within(options_->timeouts.greeting));
  reset_transaction();
  info_.helo.clear();
  info_.esmtp = false;
  info_.user.clear();
}

void Session::on_xclient(std::string_view argument) {
  if (!trusts_xclient_) {
    refuse(550, "5.7.0", "not from this address");
    return;
  }
  if (envelope_) {
    refuse(503, "5.5.1", "not within a transaction");
    return;
  }
  SessionInfo changed = info_;
  changed.user.clear();  // another client's, unless LOGIN says so
  for (std::string_view word = take_word(argument); !word.empty(); word = take_word(argument)) {
    const auto equals = word.find('=');
    const Result<std::string> value =
        mail::decode_xtext(equals == std::string_view::npos ? "+" : word.substr(equals + 1));
    if (!value || !take_attribute(changed, word.substr(0, equals), *value)) {
      refuse(501, "5.5.4", "attribute " + printable(word, 80) + " is not understood");
      return;
    }
  }
  info_ = std::move(changed);
  info_.helo.clear();
  info_.esmtp = false;
  say(220, "", options_->hostname + " ESMTP");
}

}  // namespace postrider::smtp
