// How long an account wants to be remembered, where that differs from the installation. Values; any
// thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace postrider::directory {

struct Retention {
  /// Of its events; never longer than the installation keeps any. Nothing: as the installation.
  std::optional<std::chrono::days> events = {};
  /// Of its messages' headers and bodies, for people to look at; 0: none is kept. Nothing: as the
  /// installation.
  std::optional<std::chrono::days> content = {};

  bool operator==(const Retention&) const = default;
};

}  // namespace postrider::directory
