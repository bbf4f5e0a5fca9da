// What is known of a reader besides what they did: the program and device that the user agent
// names, and where its address is. Only what the operator's files say; nothing is guessed.
//
// Const calls from any thread.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"
#include "readers/address_file.h"
#include "readers/client_cache.h"
#include "readers/files.h"
#include "readers/network_labels.h"
#include "readers/user_agents.h"

namespace postrider::readers {

/// The network that somebody comes from.
struct Origin {
  std::string network = {};             ///< the operator's label for it
  std::uint64_t autonomous_system = 0;  ///< 0: not known

  bool operator==(const Origin&) const = default;
};

class Lookup {
 public:
  Lookup();  ///< knows nothing

  /// Reads all of `files`. Blocks for some tenths of a second. Errors name the file; the patterns
  /// for user agents may be missing where they would be installed (files.h), and nowhere else.
  static Result<Lookup> load(const Files& files);

  Client client_of(std::string_view agent) const;
  std::string country_of(const boost::asio::ip::address& address) const;
  Origin origin_of(const boost::asio::ip::address& address) const;

 private:
  std::optional<UserAgents> agents_;
  std::optional<AddressFile> countries_;
  std::optional<AddressFile> systems_;
  std::optional<NetworkLabels> networks_;
  std::unique_ptr<ClientCache> cache_;
};

}  // namespace postrider::readers
