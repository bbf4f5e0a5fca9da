// Whether an endpoint may be at an address: nobody may make the relay talk to what only the relay
// can reach.
//
// Refused are all addresses that are not public (net::is_public), those that carry an IPv4 address
// to who knows whom (NAT64, 6to4, Teredo), and those that clouds keep for their own services; of
// those allowed by name, one that carries another address is judged by that one too. RFC 6890,
// 6052, 3056, 4380, 5214. Pure; any thread.
#pragma once

#include <span>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"
#include "net/network.h"

namespace postrider::webhook {

/// Errc::invalid says why not.
Result<> check_address(const boost::asio::ip::address& address,
                       std::span<const net::Network> allowed);

}  // namespace postrider::webhook
