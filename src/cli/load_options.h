// The options of `postrider load`, from their words to what the load needs. One thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "load/options.h"

namespace postrider::cli {

/// As they stand on the command line.
struct LoadWords {
  std::string to;
  std::uint32_t connections = 20;
  std::uint32_t threads = 1;
  std::uint32_t per_connection = 0;
  std::optional<std::uint64_t> messages;
  bool until_accepted = false;
  std::optional<double> seconds;
  std::optional<double> per_second;
  std::string from = "load@example.org";
  std::string domains = "d%d.example*1000";
  std::uint32_t recipients = 1;
  std::string size = "4KiB";
  std::string tls = "none";
  std::string user;
  std::string password;
  bool no_pipelining = false;
  double timeout_s = 30;
  double give_up_s = 5;
  std::string log;
  std::vector<std::string> check;  ///< the two logs
};

/// Errc::invalid names the option and what it may be. Looks the host up.
Result<load::Options> load_options(const LoadWords& words);

}  // namespace postrider::cli
