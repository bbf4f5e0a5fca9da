// A running relay with everything that serves people: the relay itself, the simulator, the control
// socket and the HTTP listener. `serve` and `sandbox` are this with different settings.
//
// Thread: main.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "relay/relay.h"

namespace postrider::cli {

struct InstanceOptions {
  bool test_clock = false;
  bool simulator_takes_the_rest = false;  ///< what no route is for goes there, and not by MX
  /// Reads the configuration again, for SIGHUP and `postrider reload`.
  std::function<Result<relay::Settings>()> reread;
  /// Runs once the directory is open and nothing listens yet: a first account, sandbox domains.
  std::function<Result<>(relay::Relay&)> prepare;
};

class Instance {
 public:
  /// When it returns, everything listens.
  static Result<std::unique_ptr<Instance>> start(relay::Settings settings, InstanceOptions options);
  ~Instance();

  relay::Relay& relay();
  /// Of the HTTP listener; empty if it is off.
  std::string http_endpoint() const;
  /// Where readers' links are answered; empty if nowhere.
  std::vector<std::string> link_endpoints() const;
  std::vector<std::string> link_endpoints_in_clear() const;  ///< beside those with TLS

  /// Serves until SIGTERM or SIGINT (SIGHUP: reloads), or until storage fails. The exit status.
  int run();

 private:
  struct State;
  explicit Instance(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::cli
