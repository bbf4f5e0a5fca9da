#include "net/network.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <vector>

#include "base/text.h"

namespace postrider::net {

namespace ip = boost::asio::ip;

namespace {

ip::address unmapped(const ip::address& address) {
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return ip::make_address_v4(ip::v4_mapped, address.to_v6());
  }
  return address;
}

template <class Bytes>
bool same_prefix(const Bytes& a, const Bytes& b, unsigned bits) {
  const unsigned whole = bits / 8;
  if (!std::equal(a.begin(), a.begin() + whole, b.begin())) {
    return false;
  }
  const unsigned rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

/// RFC 6890 and its registries.
const std::vector<Network>& not_public() {
  static const std::vector<Network> networks = [] {
    std::vector<Network> made;
    for (const char* text :
         {"0.0.0.0/8",      "10.0.0.0/8",      "100.64.0.0/10",  "127.0.0.0/8",    "169.254.0.0/16",
          "172.16.0.0/12",  "192.0.0.0/24",    "192.0.2.0/24",   "192.88.99.0/24", "192.168.0.0/16",
          "198.18.0.0/15",  "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",    "::/96",
          "64:ff9b:1::/48", "100::/64",        "2001::/23",      "2001:db8::/32",  "3fff::/20",
          "fc00::/7",       "fe80::/10",       "fec0::/10",      "ff00::/8"}) {
      made.push_back(*parse_network(text));
    }
    return made;
  }();
  return networks;
}

}  // namespace

bool Network::contains(const ip::address& address) const {
  const ip::address plain = unmapped(address);
  if (plain.is_v4() != base.is_v4()) {
    return false;
  }
  return plain.is_v4() ? same_prefix(plain.to_v4().to_bytes(), base.to_v4().to_bytes(), prefix)
                       : same_prefix(plain.to_v6().to_bytes(), base.to_v6().to_bytes(), prefix);
}

Result<Network> parse_network(std::string_view text) {
  const auto slash = text.find('/');
  boost::system::error_code ec;
  const ip::address base = ip::make_address(text.substr(0, slash), ec);
  const unsigned widest = base.is_v4() ? 32 : 128;
  unsigned prefix = widest;
  bool good = !ec;
  if (good && slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), prefix);
    good = bad == std::errc() && end == digits.data() + digits.size() && prefix <= widest;
  }
  if (!good) {
    return fail(Errc::invalid, "'" + printable(text, 60) +
                                   "' is not a network: write it as \"10.0.0.0/8\", "
                                   "\"2001:db8::/32\" or a single address");
  }
  return Network{.base = base, .prefix = prefix};
}

Result<ip::tcp::endpoint> parse_endpoint(std::string_view text) {
  const auto colon = text.rfind(':');
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) {
    host = host.substr(1, host.size() - 2);
  }
  unsigned port = 0;
  boost::system::error_code ec;
  const ip::address address = ip::make_address(host, ec);
  bool good = colon != std::string_view::npos && !ec && (address.is_v4() || bracketed);
  if (good) {
    const std::string_view digits = text.substr(colon + 1);
    const auto [end, bad] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
    good = bad == std::errc() && end == digits.data() + digits.size() && port <= 65535;
  }
  if (!good) {
    return fail(Errc::invalid, "'" + printable(text, 60) +
                                   "' is not an address and port: write it as "
                                   "\"127.0.0.1:2525\" or \"[::1]:2525\"");
  }
  return ip::tcp::endpoint(address, static_cast<std::uint16_t>(port));
}

std::string to_string(const ip::tcp::endpoint& endpoint) {
  const std::string host = unmapped(endpoint.address()).to_string();
  const bool v6 = unmapped(endpoint.address()).is_v6();
  return (v6 ? "[" + host + "]" : host) + ":" + std::to_string(endpoint.port());
}

bool is_public(const ip::address& address) {
  return std::ranges::none_of(not_public(),
                              [&](const Network& network) { return network.contains(address); });
}

}  // namespace postrider::net
