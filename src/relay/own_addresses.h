// The addresses under which other hosts reach our own listeners at a port: an MX that leads there
// would be a loop. A listener on all addresses counts as each address of the machine. Any thread;
// asks the kernel.
#pragma once

#include <cstdint>
#include <vector>

#include <boost/asio/ip/address.hpp>

#include "relay/listeners.h"

namespace postrider::relay {

std::vector<boost::asio::ip::address> own_addresses(const std::vector<ListeningOn>& listening,
                                                    std::uint16_t port);

}  // namespace postrider::relay
