#include "cli/load_options.h"

#include <algorithm>
#include <cmath>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/text.h"
#include "net/network.h"

namespace postrider::cli {
namespace {

using boost::asio::ip::tcp;

constexpr std::uint64_t kLargestMessage = 100 << 20;

struct Target {
  std::string host;
  tcp::endpoint endpoint;
};

/// An address or a name; of a name's addresses the first.
Result<Target> find_target(const std::string& to) {
  const auto colon = to.rfind(':');
  const std::string host = to.substr(0, colon);
  if (const auto endpoint = net::parse_endpoint(to)) {
    return Target{.host = host, .endpoint = *endpoint};
  }
  if (colon == std::string::npos || host.empty() || host.contains(':')) {
    return fail(Errc::invalid, "--to '" + printable(to, 80) + "': write HOST:PORT");
  }
  const std::string port = to.substr(colon + 1);
  if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, is_digit)) {
    return fail(Errc::invalid,
                "--to '" + printable(to, 80) + "': '" + printable(port, 20) + "' is not a port");
  }
  boost::asio::io_context io;
  boost::system::error_code failed;
  const auto found = tcp::resolver(io).resolve(host, port, failed);
  if (failed || found.empty()) {
    return fail(Errc::invalid,
                "--to '" + printable(to, 80) + "': " + printable(host, 80) + " has no address");
  }
  return Target{.host = host, .endpoint = found.begin()->endpoint()};
}

Result<std::chrono::milliseconds> milliseconds(const char* option, double seconds) {
  if (!std::isfinite(seconds) || seconds <= 0 || seconds > 1e7) {
    return fail(Errc::invalid, std::string(option) + ": write a number of seconds above 0");
  }
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::ceil(seconds * 1000)));
}

Result<load::Tls> parse_tls(const std::string& word) {
  if (word == "none") {
    return load::Tls::none;
  }
  if (word == "starttls") {
    return load::Tls::starttls;
  }
  if (word == "implicit") {
    return load::Tls::implicit;
  }
  return fail(Errc::invalid,
              "--tls '" + printable(word, 40) + "': write none, starttls or implicit");
}

Result<> check_number(const char* option, std::uint64_t number, std::uint64_t least,
                      std::uint64_t most) {
  if (number >= least && number <= most) {
    return {};
  }
  return fail(Errc::invalid, std::string(option) + " " + std::to_string(number) + ": write " +
                                 std::to_string(least) + " to " + std::to_string(most));
}

Result<> check_words(const LoadWords& words) {
  if (!words.messages && !words.seconds) {
    return fail(Errc::invalid, "say when it is enough: --messages M, --max-seconds S, or both");
  }
  if (words.until_accepted && !words.messages) {
    return fail(Errc::invalid, "--until-accepted needs --messages: how many");
  }
  if (words.user.empty() != words.password.empty()) {
    return fail(Errc::invalid, "--user and --password belong together");
  }
  if (words.per_second && !(*words.per_second > 0 && *words.per_second <= 1e7)) {
    return fail(Errc::invalid, "--rate: write messages a second, above 0");
  }
  TRY_VOID(check_number("--connections", words.connections, 1, 50'000));
  TRY_VOID(check_number("--threads", words.threads, 1, 64));
  TRY_VOID(check_number("--recipients", words.recipients, 1, 100'000));
  // So that every number of a recipient is below load::kMostNumbers.
  return check_number("--messages", words.messages.value_or(1), 1, 10'000'000);
}

}  // namespace

Result<load::Options> load_options(const LoadWords& words) {
  TRY_VOID(check_words(words));
  TRY(const Target target, find_target(words.to));
  TRY(load::DomainPattern domains, load::DomainPattern::parse(words.domains), "--domains");
  TRY(mail::Address sender, mail::parse_mailbox(words.from, false), "--from");
  TRY(const std::uint64_t size, parse_size(words.size), "--size");
  TRY_VOID(check_number("--size", size, 1, kLargestMessage));
  TRY(const load::Tls tls, parse_tls(words.tls));
  TRY(const auto timeout, milliseconds("--timeout", words.timeout_s));
  TRY(const auto give_up, milliseconds("--give-up", words.give_up_s));
  std::optional<std::chrono::milliseconds> longest;
  if (words.seconds) {
    TRY(longest, milliseconds("--max-seconds", *words.seconds));
  }
  return load::Options{.target = target.endpoint,
                       .host = target.host,
                       .connections = words.connections,
                       .threads = std::min(words.threads, words.connections),
                       .per_connection = words.per_connection,
                       .messages = words.messages,
                       .until_accepted = words.until_accepted,
                       .longest = longest,
                       .per_second = words.per_second,
                       .sender = std::move(sender),
                       .domains = std::move(domains),
                       .recipients = words.recipients,
                       .size_bytes = size,
                       .tls = tls,
                       .user = words.user,
                       .password = words.password,
                       .pipelining = !words.no_pipelining,
                       .timeout = timeout,
                       .give_up = give_up,
                       .log = words.log};
}

}  // namespace postrider::cli
