#include "cli/line_reader.h"

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace postrider::cli {
namespace {

constexpr std::size_t kRead = 64 << 10;

}  // namespace

LineReader::LineReader(int descriptor, std::function<void()> before_waiting)
    : descriptor_(descriptor), before_waiting_(std::move(before_waiting)) {}

/// False at the end.
Result<bool> LineReader::fill() {
  if (is_at_end_) {
    return false;
  }
  before_waiting_();
  buffer_.resize(kRead);
  place_ = 0;
  ssize_t got = -1;
  do {
    got = ::read(descriptor_, buffer_.data(), buffer_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    buffer_.clear();
    return fail(Errc::unavailable, "reading: " + std::generic_category().message(errno));
  }
  buffer_.resize(static_cast<std::size_t>(got));
  is_at_end_ = got == 0;
  return !is_at_end_;
}

Result<std::optional<Line>> LineReader::next() {
  Line line;
  bool has_begun = false;
  while (true) {
    if (place_ == buffer_.size()) {
      TRY(const bool more, fill());
      if (!more) {
        return has_begun ? std::optional(std::move(line)) : std::nullopt;
      }
    }
    has_begun = true;
    const auto end = buffer_.find('\n', place_);
    const std::size_t until = end == std::string::npos ? buffer_.size() : end;
    const std::size_t room = kLongest - line.text.size();
    line.is_too_long = line.is_too_long || until - place_ > room;
    line.text.append(buffer_, place_, std::min(until - place_, room));
    place_ = until;
    if (end != std::string::npos) {
      ++place_;
      if (line.text.ends_with('\r')) {
        line.text.pop_back();
      }
      return std::optional(std::move(line));
    }
  }
}

}  // namespace postrider::cli
