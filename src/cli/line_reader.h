// Lines of a descriptor, for filters: bounded in memory, and whoever waits for an answer gets it
// before more is asked for. Blocks. Thread: one.
#pragma once

#include <cstddef>
#include <functional>
#include <optional>
#include <string>

#include "base/result.h"

namespace postrider::cli {

struct Line {
  std::string text;          ///< without its LF or CRLF
  bool is_too_long = false;  ///< then `text` is what stood in front
};

class LineReader {
 public:
  static constexpr std::size_t kLongest = 4 << 20;

  /// `before_waiting` is called before each read that may block.
  LineReader(int descriptor, std::function<void()> before_waiting);

  /// Nothing at the end; a last line without LF counts. Errc::unavailable: it can't be read.
  Result<std::optional<Line>> next();

 private:
  Result<bool> fill();

  int descriptor_;
  std::function<void()> before_waiting_;
  std::string buffer_;
  std::size_t place_ = 0;  ///< in buffer_, of what is not yet taken
  bool is_at_end_ = false;
};

}  // namespace postrider::cli
