#include "smtp/content_scanner.h"

#include <bit>

#include "base/byte_masks.h"

namespace postrider::smtp {

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
  std::uint64_t carried_start = at_ == At::line_start ? 1 : 0;  // does the block begin a line?
  std::uint64_t carried_cr = 0;                                 // did the block before end in CR?
  std::uint64_t doubt = 0;
  std::size_t end = 0;
  while (end < chunk.size() && doubt == 0) {
    const std::string_view part = chunk.substr(end, kMaskBytes);
    const Bytes64 block = load_bytes(part);
    const std::uint64_t returns = block.equal_to('\r');
    const std::uint64_t line_feeds = block.equal_to('\n');
    const std::uint64_t starts = (line_feeds << 1) | carried_start;
    doubt = (line_feeds ^ ((returns << 1) | carried_cr)) | (block.equal_to('.') & starts);
    doubt &= ~std::uint64_t{0} >> (kMaskBytes - part.size());  // nothing is known of the padding
    const std::size_t clean =
        doubt == 0 ? part.size() : static_cast<std::size_t>(std::countr_zero(doubt));
    if (clean > 0) {
      carried_start = (line_feeds >> (clean - 1)) & 1;
      carried_cr = (returns >> (clean - 1)) & 1;
      end += clean;
    }
  }
  if (end > 0) {
    keep(chunk.substr(0, end));
    at_ = carried_cr != 0 ? At::cr : carried_start != 0 ? At::line_start : At::in_line;
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
