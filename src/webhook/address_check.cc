#include "webhook/address_check.h"

#include <algorithm>
#include <array>
#include <optional>
#include <vector>

namespace postrider::webhook {

namespace ip = boost::asio::ip;

namespace {

/// Public by their registry, and yet never an endpoint: the ways through to IPv4, and the address
/// at which one cloud's machines find their host. What IPv6 has outside of 2000::/3 is not global.
const std::vector<net::Network>& closed() {
  static const std::vector<net::Network> networks = [] {
    std::vector<net::Network> made;
    for (const char* text : {"::/3", "4000::/2", "8000::/1", "2002::/16", "168.63.129.16"}) {
      made.push_back(*net::parse_network(text));
    }
    return made;
  }();
  return networks;
}

bool is_in(const ip::address& address, std::span<const net::Network> networks) {
  return std::ranges::any_of(
      networks, [&](const net::Network& network) { return network.contains(address); });
}

ip::address_v4 four_bytes(const ip::address_v6::bytes_type& bytes, std::size_t at) {
  return ip::address_v4({bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]});
}

/// The IPv4 address that an IPv6 address stands for or leads through.
std::optional<ip::address_v4> carried(const ip::address& address) {
  if (!address.is_v6()) {
    return std::nullopt;
  }
  const auto bytes = address.to_v6().to_bytes();
  const auto begins_with = [&](std::initializer_list<unsigned char> prefix) {
    return std::equal(prefix.begin(), prefix.end(), bytes.begin());
  };
  if (address.to_v6().is_v4_mapped() || begins_with({0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0}) ||
      begins_with({0, 0x64, 0xff, 0x9b})) {
    return four_bytes(bytes, 12);
  }
  if (begins_with({0x20, 0x02})) {
    return four_bytes(bytes, 2);
  }
  if (begins_with({0x20, 0x01, 0, 0})) {
    auto turned = bytes;  // RFC 4380, 4: the client's, each bit the other way round
    std::ranges::transform(turned, turned.begin(),
                           [](unsigned char byte) { return static_cast<unsigned char>(~byte); });
    return four_bytes(turned, 12);
  }
  const bool is_isatap =
      (bytes[8] & 0xfdU) == 0 && bytes[9] == 0 && bytes[10] == 0x5e && bytes[11] == 0xfe;
  return is_isatap ? std::optional(four_bytes(bytes, 12)) : std::nullopt;
}

bool is_open(const ip::address& address, std::span<const net::Network> allowed) {
  return is_in(address, allowed) || (net::is_public(address) && !is_in(address, closed()));
}

}  // namespace

Result<> check_address(const ip::address& address, std::span<const net::Network> allowed) {
  const std::optional<ip::address_v4> inside = carried(address);
  if (is_open(address, allowed) && (!inside || is_open(*inside, allowed))) {
    return {};
  }
  return fail(Errc::invalid, address.to_string() +
                                 " is not a public address, and webhook.allow_networks does not "
                                 "allow it");
}

}  // namespace postrider::webhook
