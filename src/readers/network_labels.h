// Names that an operator gives to networks, in a text file: a network and its label on each line,
// '#' begins a remark. Of networks within each other the smallest counts.
//
//   198.51.100.0/24   office
//   2001:db8:7::/48   mail-gateway   # since March
//
// Doesn't change once it exists: const calls from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <filesystem>
#include <map>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "base/result.h"

namespace postrider::readers {

class NetworkLabels {
 public:
  /// Errc::not_found; Errc::invalid names the line and says what is wrong.
  static Result<NetworkLabels> load(const std::filesystem::path& file);
  /// `name`: the file, for errors.
  static Result<NetworkLabels> parse(std::string_view text, const std::string& name);

  /// Empty: no network of the file has it.
  std::string label(const boost::asio::ip::address& address) const;

 private:
  using Bytes = std::array<std::uint8_t, 16>;  // IPv4 as mapped into IPv6
  static Bytes bytes_of(const boost::asio::ip::address& address);

  /// By length of the prefix, the longest first.
  std::map<unsigned, std::map<Bytes, std::string>, std::greater<>> by_prefix_;
};

/// What may be a label: 1 to 60 lower-case letters, digits, '-', '_' and '.'.
bool is_network_label(std::string_view text);

}  // namespace postrider::readers
