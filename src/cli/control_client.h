// How commands reach an instance: over the control socket of the relay that runs or, where none
// does, through the same API on the stores opened read-only, in this process.
//
// Without a relay, what changes something is answered 503 `not_running`.
//
// Blocks. One thread. Errors: unavailable (the socket or the stores can't be had; says what to do),
// timeout, closed (the relay went away in between).
#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "cli/command.h"

namespace postrider::cli {

struct Question {
  std::string method = "GET";
  std::string target = {};  ///< "/v1/events?limit=10"
  std::string body = {};    ///< JSON; empty: none
  /// `domain check` asks DNS for half a dozen records, each with a limit of its own.
  std::chrono::seconds patience{180};
};

struct Answer {
  int status = 200;
  std::string body;
};

class ControlClient {
 public:
  /// Errc::not_found: there is neither a relay nor data.
  static Result<std::unique_ptr<ControlClient>> open(const Context& context,
                                                     const std::filesystem::path& data);
  virtual ~ControlClient() = default;

  virtual Result<Answer> ask(const Question& question) = 0;
  /// Hands each line to `take` as it comes, until the relay stops or `take` says false. The answer
  /// has a body only if it is an error.
  virtual Result<Answer> follow(const Question& question,
                                const std::function<bool(std::string_view)>& take) = 0;
};

/// Null: no relay listens there.
Result<std::unique_ptr<ControlClient>> connect_to_relay(const std::filesystem::path& socket);
Result<std::unique_ptr<ControlClient>> open_stores(const std::filesystem::path& data,
                                                   std::string installation);

}  // namespace postrider::cli
