// What the parts of a relay are opened with, as the settings have it. Any thread.
#pragma once

#include <cstddef>

#include "base/result.h"
#include "delivery/connector.h"
#include "relay/settings.h"
#include "store/store.h"

namespace postrider::relay {

std::size_t thread_count(const Settings& settings);
store::StoreOptions store_options(const Settings& settings);
Result<delivery::TlsClients> make_tls_clients();

}  // namespace postrider::relay
