// What a load is to be. Values; bounds are those of the command line (cli/load.cc).
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>

#include <boost/asio/ip/tcp.hpp>

#include "load/domain_pattern.h"
#include "mail/address.h"

namespace postrider::load {

enum class Tls : std::uint8_t { none, starttls, implicit };

struct Options {
  boost::asio::ip::tcp::endpoint target = {};
  std::string host = {};  ///< its name, for TLS
  std::uint32_t connections = 20;
  std::uint32_t threads = 1;
  std::uint32_t per_connection = 0;  ///< messages, then a new one; 0: no limit

  std::optional<std::uint64_t> messages = {};             ///< nothing: until the time is over
  bool until_accepted = false;                            ///< `messages` counts those accepted
  std::optional<std::chrono::milliseconds> longest = {};  ///< nothing is begun after that
  std::optional<double> per_second = {};                  ///< open loop

  mail::Address sender = {};
  DomainPattern domains;
  std::uint32_t recipients = 1;     ///< of each message
  std::uint64_t size_bytes = 4096;  ///< of each message, with its header

  Tls tls = Tls::none;    ///< certificates are not checked
  std::string user = {};  ///< empty: no AUTH
  std::string password = {};
  bool pipelining = true;
  std::chrono::milliseconds timeout{30'000};  ///< for a connection, and for each reply
  std::chrono::milliseconds give_up{5'000};   ///< after so long without an answer and in trouble
  std::filesystem::path log = {};             ///< empty: none
};

}  // namespace postrider::load
