#include "smtp/content_scanner.h"

#include <algorithm>
#include <bit>

#include "base/byte_masks.h"

namespace postrider::smtp {
namespace {

/// What a block needs to know of the one before it; each 0 or 1.
struct Carried {
  std::uint64_t line_start;  ///< does the block begin a line?
  std::uint64_t cr;          ///< did the one before end in CR?
};

/// A bit for each byte of a block.
struct LineEnds {
  std::uint64_t returns;
  std::uint64_t line_feeds;
  std::uint64_t doubt;  ///< a CR or LF without the other, or a dot that begins a line

  /// For the block behind the first `bytes` of this one; at least one.
  Carried carry(std::size_t bytes) const {
    return {.line_start = (line_feeds >> (bytes - 1)) & 1, .cr = (returns >> (bytes - 1)) & 1};
  }
};

LineEnds find_line_ends(const Bytes64& block, const Carried& carried) {
  const std::uint64_t returns = block.equal_to('\r');
  const std::uint64_t line_feeds = block.equal_to('\n');
  const std::uint64_t starts = (line_feeds << 1) | carried.line_start;
  return {.returns = returns,
          .line_feeds = line_feeds,
          .doubt = (line_feeds ^ ((returns << 1) | carried.cr)) | (block.equal_to('.') & starts)};
}

}  // namespace

std::size_t ContentScanner::feed(std::string_view chunk) {
  std::size_t used = 0;
  while (used < chunk.size() && state_ == State::more) {
    if (at_ == At::in_line || at_ == At::line_start) {
      used += run(chunk.substr(used));
    }
    if (used < chunk.size() && state_ == State::more) {
      step(chunk[used++]);
    }
  }
  return used;
}

/// Takes what holds nothing but lines that end in CRLF and begin with no dot, up to the first byte
/// in doubt or the end. The caller takes the byte in doubt by itself, which gets us past it.
std::size_t ContentScanner::run(std::string_view chunk) {
  Carried carried{.line_start = at_ == At::line_start ? 1U : 0U, .cr = 0};
  std::size_t end = 0;
  // Whole blocks without doubt, which are nearly all: the next one need not wait for the last
  // one's masks.
  while (chunk.size() - end >= kMaskBytes) {
    const LineEnds ends = find_line_ends(load_bytes(chunk.substr(end, kMaskBytes)), carried);
    if (ends.doubt != 0) [[unlikely]] {
      break;
    }
    carried = ends.carry(kMaskBytes);
    end += kMaskBytes;
  }
  if (end < chunk.size()) {
    const std::string_view part = chunk.substr(end, kMaskBytes);
    const LineEnds ends = find_line_ends(load_bytes(part), carried);
    // Nothing is known of the padding behind the last byte.
    const std::size_t clean =
        std::min(part.size(), static_cast<std::size_t>(std::countr_zero(ends.doubt)));
    if (clean > 0) {
      carried = ends.carry(clean);
      end += clean;
    }
  }
  if (end > 0) {
    keep(chunk.substr(0, end));
    at_ = carried.cr != 0 ? At::cr : carried.line_start != 0 ? At::line_start : At::in_line;
  }
  return end;
}

void ContentScanner::step(char c) {
  switch (at_) {
    case At::line_start:
      if (c == '.') {
        at_ = At::dot;  // stuffing, or the end: not content in either case
        return;
      }
      break;
    case At::dot:
      if (c == '\r') {
        at_ = At::dot_cr;
        return;
      }
      break;
    case At::dot_cr:
      state_ = c == '\n' ? State::complete : State::bare_ending;
      return;
    case At::cr:
      if (c != '\n') {
        state_ = State::bare_ending;
        return;
      }
      at_ = At::line_start;
      keep("\n");
      return;
    case At::in_line:
      break;
  }
  if (c == '\n') {
    state_ = State::bare_ending;
    return;
  }
  at_ = c == '\r' ? At::cr : At::in_line;
  keep(std::string_view(&c, 1));
}

void ContentScanner::keep(std::string_view bytes) {
  bytes_ += bytes.size();
  if (is_too_long()) {
    std::string().swap(content_);
    return;
  }
  content_ += bytes;
}

}  // namespace postrider::smtp
