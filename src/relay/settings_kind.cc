#include "relay/settings_kind.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <string_view>

#include "base/pattern.h"
#include "base/text.h"
#include "mail/address.h"

namespace postrider::relay {
namespace {

namespace ip = boost::asio::ip;

using Text = std::string_view;

/// A kind that is written as a string which `parse` understands or refuses in its own words.
template <class T, class Parse, class Write>
Kind<T> parsed_string(std::string expected, Parse parse, Write write) {
  return {
      .read = [expected, parse](const Node& node, const Complain& complain) -> std::optional<T> {
        const auto* written = std::get_if<std::string>(&node.value);
        if (written == nullptr) {
          complain_of_type(node, expected, complain);
          return std::nullopt;
        }
        Result<T> value = parse(Text(*written));
        if (!value) {
          complain(node.place, value.error().text());
          return std::nullopt;
        }
        return *std::move(value);
      },
      .write = write};
}

std::string shown(Text text) {
  return "'" + printable(text, 60) + "'";
}

template <class T>
Result<T> within_bounds(T value, T min, T max, const std::string& written,
                        const std::function<std::string(T)>& write) {
  if (value < min || value > max) {
    return fail(Errc::invalid, written + " is out of range; write a value from " + write(min) +
                                   " to " + write(max));
  }
  return value;
}

std::string write_size(std::uint64_t bytes) {
  constexpr std::pair<const char*, int> kUnits[] = {{"GiB", 30}, {"MiB", 20}, {"KiB", 10}};
  for (const auto& [name, shift] : kUnits) {
    if (bytes != 0 && bytes % (std::uint64_t{1} << shift) == 0) {
      return toml_string(std::to_string(bytes >> shift) + name);
    }
  }
  return std::to_string(bytes);
}

std::string write_duration(Duration duration) {
  return toml_string(format_duration(duration));
}

Result<ip::address> parse_address(Text text, bool v4) {
  boost::system::error_code ec;
  const ip::address address = ip::make_address(std::string(text), ec);
  if (ec || address.is_v4() != v4) {
    return fail(Errc::invalid, shown(text) + " is not an address of that kind; write it as " +
                                   (v4 ? "\"192.0.2.1\"" : "\"2001:db8::1\""));
  }
  return address;
}

Kind<ip::address> address_kind(bool v4) {
  return parsed_string<ip::address>(
      "an address as a string", [v4](Text text) { return parse_address(text, v4); },
      [](const ip::address& address) { return toml_string(address.to_string()); });
}

Result<std::string> parse_dns_server(Text text) {
  const auto at = text.find('@');
  const Text digits = at == Text::npos ? Text("53") : text.substr(at + 1);
  boost::system::error_code ec;
  ip::make_address(std::string(text.substr(0, at)), ec);
  const bool is_port =
      !digits.empty() && digits.size() <= 5 && std::ranges::all_of(digits, is_digit);
  const int number = is_port ? std::stoi(std::string(digits)) : 0;
  if (ec || number < 1 || number > 65535) {
    return fail(Errc::invalid, shown(text) +
                                   " is not a name server; write its address, and its "
                                   "port if it is not 53: \"192.0.2.53@5353\"");
  }
  return std::string(text);
}

Result<std::filesystem::path> parse_path(Text text) {
  std::filesystem::path path(text);
  if (!text.empty() && !path.is_absolute()) {
    return fail(Errc::invalid,
                shown(text) + " is a relative path; write the whole of it, from \"/\"");
  }
  return path.lexically_normal();
}

std::string network_text(const net::Network& network) {
  const unsigned widest = network.base.is_v4() ? 32 : 128;
  const std::string base = network.base.to_string();
  return network.prefix == widest ? base : base + "/" + std::to_string(network.prefix);
}

}  // namespace

void complain_of_type(const Node& node, const std::string& expected, const Complain& complain) {
  complain(node.place, "is " + std::string(kind_of(node)) + "; write " + expected);
}

std::optional<std::size_t> read_choice(const Node& node, const std::vector<std::string>& names,
                                       const Complain& complain) {
  std::string all;
  for (std::size_t i = 0; i < names.size(); ++i) {
    all += (i == 0 ? "" : i + 1 == names.size() ? " or " : ", ") + toml_string(names[i]);
  }
  const auto* written = std::get_if<std::string>(&node.value);
  if (written == nullptr) {
    complain_of_type(node, all, complain);
    return std::nullopt;
  }
  const auto found = std::ranges::find(names, *written);
  if (found == names.end()) {
    complain(node.place, shown(*written) + " is not among its values; write " + all);
    return std::nullopt;
  }
  return static_cast<std::size_t>(found - names.begin());
}

Kind<std::string> text() {
  return parsed_string<std::string>(
      "a string",
      [](Text text) -> Result<std::string> {
        if (std::ranges::any_of(text, [](char c) { return (c >= 0 && c < ' ') || c == 0x7F; })) {
          return fail(Errc::invalid, "has control characters; write it without them");
        }
        return std::string(text);
      },
      toml_string);
}

Kind<std::string> secret() {
  return {.read = text().read,
          .write = [](const std::string& value) { return value.empty() ? "\"\"" : "\"(set)\""; }};
}

Kind<std::string> domain() {
  return parsed_string<std::string>(
      "a domain name as a string",
      [](Text text) -> Result<std::string> {
        auto name = mail::parse_domain(text);
        if (!name) {
          return fail(Errc::invalid, shown(text) + " is not a domain name (" + name.error().text() +
                                         "); write it as \"mail.example.com\"");
        }
        return name;
      },
      toml_string);
}

Kind<std::string> optional_domain() {
  return {.read = [](const Node& node, const Complain& complain) -> std::optional<std::string> {
            const auto* written = std::get_if<std::string>(&node.value);
            if (written != nullptr && written->empty()) {
              return std::string();
            }
            return domain().read(node, complain);
          },
          .write = toml_string};
}

Kind<std::string> pattern() {
  return parsed_string<std::string>("a domain pattern as a string", parse_pattern, toml_string);
}

Kind<std::string> account_name() {
  return parsed_string<std::string>(
      "the name of an account as a string",
      [](Text text) -> Result<std::string> {
        const bool good = !text.empty() && std::ranges::all_of(text, [](char c) {
          return is_digit(c) || (c >= 'a' && c <= 'z') || c == '-';
        });
        if (!good) {
          return fail(
              Errc::invalid,
              shown(text) + " is not the name of an account; write one that `account add` took");
        }
        return std::string(text);
      },
      toml_string);
}

Kind<mail::Address> mail_address() {
  return parsed_string<mail::Address>(
      "a mail address as a string, such as \"ops@example.com\"",
      [](Text text) { return mail::parse_mailbox(text, false); },
      [](const mail::Address& address) { return toml_string(mail::to_string(address)); });
}

Kind<std::string> zone() {
  return {.read = [](const Node& node, const Complain& complain) -> std::optional<std::string> {
            const auto* written = std::get_if<std::string>(&node.value);
            return written != nullptr && *written == "." ? "." : domain().read(node, complain);
          },
          .write = toml_string};
}

Kind<std::string> dns_server() {
  return parsed_string<std::string>("the address of a name server as a string", parse_dns_server,
                                    toml_string);
}

Kind<bool> flag() {
  return {.read = [](const Node& node, const Complain& complain) -> std::optional<bool> {
            const bool* value = std::get_if<bool>(&node.value);
            if (value == nullptr) {
              complain_of_type(node, "true or false, without quotes", complain);
              return std::nullopt;
            }
            return *value;
          },
          .write = [](const bool& value) { return std::string(value ? "true" : "false"); }};
}

Kind<std::uint32_t> whole(std::uint32_t min, std::uint32_t max) {
  const std::string range = fmt::format("a whole number from {} to {}", min, max);
  return {.read = [=](const Node& node, const Complain& complain) -> std::optional<std::uint32_t> {
            const auto* value = std::get_if<std::int64_t>(&node.value);
            if (value == nullptr) {
              complain_of_type(node, range, complain);
              return std::nullopt;
            }
            if (*value < min || *value > max) {
              complain(node.place, fmt::format("{} is out of range; write {}", *value, range));
              return std::nullopt;
            }
            return static_cast<std::uint32_t>(*value);
          },
          .write = [](const std::uint32_t& value) { return std::to_string(value); }};
}

Kind<std::uint16_t> port() {
  return {.read = [](const Node& node, const Complain& complain) -> std::optional<std::uint16_t> {
            const auto value = whole(1, 65535).read(node, complain);
            return value ? std::optional(static_cast<std::uint16_t>(*value)) : std::nullopt;
          },
          .write = [](const std::uint16_t& value) { return std::to_string(value); }};
}

Kind<double> real(double min, double max) {
  const std::string range = fmt::format("a number from {} to {}", min, max);
  return {.read = [=](const Node& node, const Complain& complain) -> std::optional<double> {
            double value = NAN;
            if (const auto* integer = std::get_if<std::int64_t>(&node.value)) {
              value = static_cast<double>(*integer);
            } else if (const auto* floating = std::get_if<double>(&node.value)) {
              value = *floating;
            } else {
              complain_of_type(node, range, complain);
              return std::nullopt;
            }
            if (!(value >= min && value <= max)) {
              complain(node.place, fmt::format("{} is out of range; write {}", value, range));
              return std::nullopt;
            }
            return value;
          },
          .write = [](const double& value) { return fmt::format("{}", value); }};
}

Kind<std::uint64_t> size(std::uint64_t min, std::uint64_t max) {
  return {.read = [=](const Node& node, const Complain& complain) -> std::optional<std::uint64_t> {
            const auto* integer = std::get_if<std::int64_t>(&node.value);
            const auto* written = std::get_if<std::string>(&node.value);
            if (written == nullptr && (integer == nullptr || *integer < 0)) {
              complain_of_type(node, "a size, such as \"25MiB\"", complain);
              return std::nullopt;
            }
            Result<std::uint64_t> value =
                written != nullptr ? parse_size(*written) : static_cast<std::uint64_t>(*integer);
            if (value) {
              const std::string as_written =
                  written != nullptr ? shown(*written) : std::to_string(*integer);
              value = within_bounds<std::uint64_t>(*value, min, max, as_written, write_size);
            }
            if (!value) {
              complain(node.place, value.error().text());
              return std::nullopt;
            }
            return *value;
          },
          .write = write_size};
}

Kind<Duration> duration(Duration min, Duration max) {
  return parsed_string<Duration>(
      "a duration with its unit, as a string, such as \"90s\" or \"5m\"",
      [=](Text text) -> Result<Duration> {
        TRY(const Duration value, parse_duration(text));
        return within_bounds<Duration>(value, min, max, shown(text), write_duration);
      },
      write_duration);
}

Kind<ip::tcp::endpoint> endpoint() {
  return parsed_string<ip::tcp::endpoint>(
      "an address and port as a string, such as \"127.0.0.1:2525\"", net::parse_endpoint,
      [](const ip::tcp::endpoint& value) { return toml_string(net::to_string(value)); });
}

Kind<net::Network> network() {
  return parsed_string<net::Network>(
      "a network as a string, such as \"10.0.0.0/8\"", net::parse_network,
      [](const net::Network& value) { return toml_string(network_text(value)); });
}

Kind<ip::address> address_v4() {
  return address_kind(true);
}
Kind<ip::address> address_v6() {
  return address_kind(false);
}

Kind<std::filesystem::path> path() {
  return parsed_string<std::filesystem::path>(
      "an absolute path as a string", parse_path,
      [](const std::filesystem::path& value) { return toml_string(value.string()); });
}

}  // namespace postrider::relay
