// How much room the file system of a directory has.
// Any thread.
#pragma once

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <utility>

namespace postrider::store {

class FreeSpace {
 public:
  explicit FreeSpace(std::filesystem::path directory) : directory_(std::move(directory)) {}

  std::uint64_t now() const;     ///< bytes that we may use; 0 if the system does not say
  std::uint64_t lately() const;  ///< the same, asked at most 4 times a second

 private:
  std::filesystem::path directory_;
  mutable std::atomic<std::int64_t> looked_at_ = 0;  // steady ticks
  mutable std::atomic<std::uint64_t> seen_ = 0;
};

}  // namespace postrider::store
