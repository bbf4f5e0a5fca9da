#include "relay/own_addresses.h"

#include <cstring>
#include <ifaddrs.h>
#include <netinet/in.h>

namespace postrider::relay {

namespace ip = boost::asio::ip;

namespace {

std::vector<ip::address> addresses_of_machine() {
  std::vector<ip::address> found;
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) {
    return found;
  }
  for (const ifaddrs* one = first; one != nullptr; one = one->ifa_next) {
    if (one->ifa_addr == nullptr) {
      continue;
    }
    if (one->ifa_addr->sa_family == AF_INET) {
      sockaddr_in v4{};
      std::memcpy(&v4, one->ifa_addr, sizeof(v4));
      found.emplace_back(ip::address_v4(ntohl(v4.sin_addr.s_addr)));
    } else if (one->ifa_addr->sa_family == AF_INET6) {
      sockaddr_in6 v6{};
      std::memcpy(&v6, one->ifa_addr, sizeof(v6));
      ip::address_v6::bytes_type bytes;
      std::memcpy(bytes.data(), &v6.sin6_addr, bytes.size());
      found.emplace_back(ip::address_v6(bytes));
    }
  }
  ::freeifaddrs(first);
  return found;
}

}  // namespace

std::vector<ip::address> own_addresses(const std::vector<ListeningOn>& listening,
                                       std::uint16_t port) {
  std::vector<ip::address> own;
  for (const ListeningOn& one : listening) {
    if (one.endpoint.port() != port) {
      continue;
    }
    if (!one.endpoint.address().is_unspecified()) {
      own.push_back(one.endpoint.address());
      continue;
    }
    for (const ip::address& address : addresses_of_machine()) {
      if (address.is_v4() == one.endpoint.address().is_v4()) {
        own.push_back(address);
      }
    }
  }
  return own;
}

}  // namespace postrider::relay
