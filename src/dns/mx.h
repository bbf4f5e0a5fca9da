// Which hosts take mail for a domain, in which order, at which addresses.
//
// RFC 5321, 5.1 (MX by preference, equal ones shuffled; the implicit MX; no MX may be a CNAME's
// name, and yet many are), RFC 7505 (null MX). Hosts that are ourselves, and all that are no better
// than us, are left out (a loop); addresses that are not public are left out unless allowed by
// name. Bounded: at most 20 hosts, 8 addresses each, CNAME chains of 8.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "base/result.h"
#include "dns/resolver.h"
#include "net/network.h"

namespace postrider::dns {

struct MailHost {
  std::string name;
  std::uint16_t preference = 0;
  std::vector<boost::asio::ip::address> addresses;  ///< filled by find_addresses()
};

struct MailExchangers {
  std::vector<MailHost> hosts;  ///< in the order to try; at least one
  std::string site;  ///< names the MX set: its sorted host names, joined by ',' (cut at 4)
  Security security = Security::insecure;
  bool implicit = false;  ///< no MX record: the domain itself
};

struct MxOptions {
  std::vector<std::string> own_names;  ///< lower case: a loop leads to these
  std::vector<boost::asio::ip::address> own_addresses;
  std::vector<net::Network> allowed_networks;  ///< not public, and yet allowed
  bool use_ipv4 = true;
  bool use_ipv6 = true;
  /// Where mail is delivered. An own address is a loop at port 25 only: at another port another
  /// program may be listening, as in tests.
  std::uint16_t port = 25;
};

/// Errc::not_found: the domain doesn't exist (NXDOMAIN, or neither MX nor address); Errc::invalid:
/// it takes no mail (null MX) or leads back to us, the text says which; Errc::unavailable: no
/// answer for now. `random` shuffles equal preferences. An address literal ("[192.0.2.1]") is its
/// own host.
boost::asio::awaitable<Result<MailExchangers>> find_mail_hosts(Resolver& resolver,
                                                               std::string domain,
                                                               const MxOptions& options,
                                                               std::uint32_t random);

/// The addresses of one host, IPv6 and IPv4 taking turns, shuffled within each. Errors as above;
/// invalid also where all of them are not public or are our own.
boost::asio::awaitable<Result<std::vector<boost::asio::ip::address>>> find_addresses(
    Resolver& resolver, std::string host, const MxOptions& options, std::uint32_t random);

}  // namespace postrider::dns
