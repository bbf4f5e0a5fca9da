// Whether an account's tracking host leads to us and shows a certificate that readers' programs
// take: by DNS, and by asking it as they would, whatever proxy stands in front.
//
// Two findings, "tracking-host" and, of a host with TLS, "tracking-certificate"; a minute at most.
// Thread: the awaiting coroutine's.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "dns/resolver.h"
#include "http/domain_check.h"
#include "http/link_probe.h"
#include "net/network.h"

namespace postrider::http {

struct TrackingCheck {
  std::string url;               ///< of the account: "https://links.example.org"
  std::vector<std::string> own;  ///< links.public
  bool is_served = true;         ///< links.hosts has it, or is empty
  bool is_listening = true;      ///< links.listen is not empty
  ProbeSecret secret{};
  std::vector<net::Network> allowed;  ///< where it may be besides public addresses and ours
  std::string certificate_help;       ///< what is known here of its certificate; may be empty
};

boost::asio::awaitable<std::vector<Finding>> look_at_tracking_host(dns::Resolver& resolver,
                                                                   TrackingCheck check);

}  // namespace postrider::http
