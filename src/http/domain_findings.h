// Everything that is looked at of a domain: its records, where its bounces come in, and the
// tracking host of its account. A minute or two at most. Thread: an io thread.
#pragma once

#include <vector>

#include <boost/asio/awaitable.hpp>

#include "directory/directory.h"
#include "http/control_api.h"
#include "http/domain_check.h"

namespace postrider::http {

/// `parts`, with a relay, outlives the await.
boost::asio::awaitable<std::vector<Finding>> examine(const ControlParts& parts,
                                                     directory::Domain domain);

}  // namespace postrider::http
