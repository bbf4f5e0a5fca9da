// A load while it runs: its threads, its connections, and what they came to.
//
// Threads: of its own (net::IoThreads). start(), figures() and the destructor are the owner's,
// stop() is anybody's.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>

#include "base/result.h"
#include "load/figures.h"
#include "load/options.h"

namespace postrider::load {

class Generator {
 public:
  /// Errc::unavailable: the log can't be written.
  static Result<std::unique_ptr<Generator>> create(Options options);
  ~Generator();  ///< stops and waits for what is under way

  std::uint32_t run() const;  ///< the id of this run

  /// `ended` is called once, on a thread of the load, when the last connection has ended.
  void start(std::function<void()> ended);
  /// No more messages are begun.
  void stop();

  struct Summary {
    Figures figures;
    std::chrono::microseconds took{0};  ///< from start() to the last answer
    std::uint64_t untried = 0;          ///< wanted, and never begun
    bool was_cut_short = false;         ///< because connections were given up
  };
  /// Once it has ended; Errc::unavailable if the log could not be written whole.
  Result<Summary> finish();

 private:
  struct State;
  explicit Generator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::load
