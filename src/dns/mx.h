// Which hosts take mail for a domain, in which order, at which addresses.
//
// RFC 5321, 5.1 (MX by preference, equal ones shuffled; the implicit MX; no MX may be a CNAME's
// name, and yet many are), RFC 7505 (null MX). Hosts that are ourselves, and all that are no better
// than us, are left out (a loop); addresses that are not public are left out unless allowed by
// name. Bounded: at most 20 hosts, 8 addresses each, CNAME chains of 8.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

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
  std::string site;  ///< names the MX set: its sorted host names, joined by ','; from 5, four and a
                     ///< hash of all
  Security security = Security::insecure;
  bool implicit = false;  ///< no MX record: the domain itself
};

/// Why there is nowhere to go.
enum class NoWay : std::uint8_t {
  no_answer,       ///< for now: nothing is known of the domain
  no_such_domain,  ///< NXDOMAIN, or neither MX nor address
  takes_no_mail,   ///< null MX
  loop,            ///< it leads back to us
  not_public,      ///< every address is one that mail from outside can't be meant for
};

struct MxFailure {
  NoWay why = NoWay::no_answer;
  std::string text;  ///< for people

  bool is_final() const { return why != NoWay::no_answer; }
};

template <class T>
using MxResult = std::expected<T, MxFailure>;

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

/// `random` shuffles equal preferences. An address literal ("[192.0.2.1]") is its own host.
boost::asio::awaitable<MxResult<MailExchangers>> find_mail_hosts(Resolver& resolver,
                                                                 std::string domain,
                                                                 const MxOptions& options,
                                                                 std::uint32_t random);

/// The addresses of one host, IPv6 and IPv4 taking turns, shuffled within each.
boost::asio::awaitable<MxResult<std::vector<boost::asio::ip::address>>> find_addresses(
    Resolver& resolver, std::string host, const MxOptions& options, std::uint32_t random);

}  // namespace postrider::dns
