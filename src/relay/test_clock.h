// A clock that only `postrider clock advance` moves, and where it stands is kept in the data
// directory: an instance that starts again finds its time as it left it.
//
// Any thread. Errors: those of the file.
#pragma once

#include <filesystem>
#include <memory>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::relay {

class TestClock {
 public:
  static Result<std::unique_ptr<TestClock>> open(const std::filesystem::path& data);

  ManualClock& clock() { return clock_; }
  Result<Time> advance(Duration by);

 private:
  TestClock(std::filesystem::path file, Time start) : file_(std::move(file)), clock_(start) {}
  Result<> keep() const;

  std::filesystem::path file_;
  ManualClock clock_;
};

}  // namespace postrider::relay
