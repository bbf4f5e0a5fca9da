// Whether a name leads to us, by DNS: it is one of the names that we have (links.public), an alias
// of one, or all of its addresses are ours.
//
// Thread: the awaiting coroutine's.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/address.hpp>

#include "dns/resolver.h"
#include "http/domain_check.h"

namespace postrider::http {

struct Reach {
  Verdict verdict = Verdict::unknown;  ///< missing: the name has no address
  std::vector<std::string> found;      ///< "CNAME links.example.com", "192.0.2.1"
  std::vector<boost::asio::ip::address> addresses;
  std::string why;  ///< of unknown
};

/// `own`: names in lower case and addresses.
boost::asio::awaitable<Reach> look_where_it_leads(dns::Resolver& resolver, std::string host,
                                                  std::vector<std::string> own);

/// Addresses among `own`, and those of the names there that DNS knows.
boost::asio::awaitable<std::vector<boost::asio::ip::address>> addresses_of(
    dns::Resolver& resolver, std::vector<std::string> own);

}  // namespace postrider::http
