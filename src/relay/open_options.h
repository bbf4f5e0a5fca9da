// What the parts of a relay are opened with, as the settings have it. Any thread.
#pragma once

#include <cstddef>
#include <filesystem>

#include "base/current.h"
#include "base/result.h"
#include "bounce/classifier.h"
#include "delivery/connector.h"
#include "relay/settings.h"
#include "store/store.h"

namespace postrider::relay {

std::size_t thread_count(const Settings& settings);
store::StoreOptions store_options(const Settings& settings);
Result<delivery::TlsClients> make_tls_clients();
/// Reads them anew: the file may have changed under the same name. An error: nothing has changed.
Result<> load_rules(const std::filesystem::path& own, Current<bounce::Classifier>& rules);

}  // namespace postrider::relay
