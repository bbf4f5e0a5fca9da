#include "relay/open_options.h"

#include <algorithm>
#include <cstdint>
#include <thread>
#include <utility>

#include "net/descriptors.h"
#include "net/tls.h"
#include "relay/data_directory.h"

namespace postrider::relay {

std::size_t thread_count(const Settings& settings) {
  return settings.threads > 0 ? settings.threads
                              : std::max<std::size_t>(1, std::thread::hardware_concurrency());
}

store::StoreOptions store_options(const Settings& settings) {
  store::StoreOptions options;
  options.directory = DataDirectory::spool(settings.data);
  options.reserve_bytes = settings.spool.free_bytes_min;
  options.compress = settings.spool.compress;
  // Three families of this size are written to at full speed, each with one being flushed.
  options.write_buffer_bytes = std::clamp<std::uint64_t>(
      settings.spool.memory_bytes / 8, std::uint64_t{1} << 20, std::uint64_t{64} << 20);
  options.open_files_max = net::descriptor_shares().database_files;
  return options;
}

Result<delivery::TlsClients> make_tls_clients() {
  delivery::TlsClients clients;
  TRY(clients.any_certificate, net::TlsClient::create(false));
  TRY(clients.verified, net::TlsClient::create(true));
  return clients;
}

}  // namespace postrider::relay
