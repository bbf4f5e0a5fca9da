// Which program and which device a User-Agent names, by the patterns of uap-core's regexes.yaml
// (github.com/ua-parser/uap-core): of each list the first pattern that matches counts.
//
// Most of a thousand patterns can't match a given text: RE2 says without which words a pattern has
// no match, and only patterns whose words stand in it are tried.
//
// Doesn't change once it exists: const calls from any thread. Time grows linearly with the text, of
// which the first kAgentLooked bytes are looked at.
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::readers {

/// Families as uap-core names them; empty: no pattern knows it.
struct Client {
  std::string family;  ///< of the program: "Firefox", "Apple Mail", "GmailImageProxy"
  std::string device;  ///< "iPhone", "Mac", "Samsung SM-G998B"

  bool operator==(const Client&) const = default;
};

class UserAgents {
 public:
  static constexpr std::size_t kAgentLooked = 500;
  static constexpr std::size_t kFamilyBytes = 60;  ///< longer names are cut

  /// Blocks for some tenths of a second. Errc::not_found; Errc::invalid names file and line.
  static Result<UserAgents> load(const std::filesystem::path& file);

  UserAgents(UserAgents&&) noexcept;
  UserAgents& operator=(UserAgents&&) noexcept;
  ~UserAgents();

  Client describe(std::string_view agent) const;

 private:
  struct State;
  explicit UserAgents(std::unique_ptr<const State> state);
  std::unique_ptr<const State> state_;
};

}  // namespace postrider::readers
