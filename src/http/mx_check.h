// Whether bounces and complaints find us: the MX of a return-path domain names our host, or one
// with our addresses. RFC 5321, 5.1 (a domain without MX is its own). Thread: the awaiting
// coroutine's.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "dns/resolver.h"
#include "http/domain_check.h"

namespace postrider::http {

/// `hostname`: what the inbound listener is called; `own`: more names and addresses that we have.
boost::asio::awaitable<Finding> look_at_mx(dns::Resolver& resolver, std::string return_path_domain,
                                           std::string hostname, std::vector<std::string> own);

}  // namespace postrider::http
