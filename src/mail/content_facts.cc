#include <algorithm>
#include <bit>
#include <cstdint>

#include "base/byte_masks.h"
#include "mail/header.h"

namespace postrider::mail {
namespace {

/// Without an early exit, so that the compiler makes vectors of it.
bool has_eight_bit(std::string_view text) {
  unsigned char seen = 0;
  for (const char c : text) {
    seen = static_cast<unsigned char>(seen | static_cast<unsigned char>(c));
  }
  return seen >= 0x80;
}

/// A lone "\r" at the end of a message is the half of a line end, too.
std::size_t length_without_end(std::string_view line) {
  return line.size() - (line.ends_with('\r') ? 1 : 0);
}

}  // namespace

ContentFacts inspect(std::string_view message) {
  ContentFacts facts;
  std::size_t line_at = 0;
  std::size_t body_at = std::string_view::npos;
  const auto take_line = [&](std::size_t end) {
    const std::string_view line = message.substr(line_at, end - line_at);
    const std::size_t length = length_without_end(line);
    facts.longest_line = std::max(facts.longest_line, length);
    facts.has_dot_lines = facts.has_dot_lines || line.starts_with('.');
    line_at = end + 1;
    if (body_at == std::string_view::npos && length == 0 && end < message.size()) {
      body_at = line_at;
    }
  };
  for (std::size_t at = 0; at < message.size(); at += kMaskBytes) {
    const Bytes64 block = load_bytes(message.substr(at, kMaskBytes));
    for (std::uint64_t ends = block.equal_to('\n'); ends != 0; ends &= ends - 1) {
      take_line(at + static_cast<std::size_t>(std::countr_zero(ends)));
    }
  }
  if (line_at < message.size()) {
    take_line(message.size());
  }
  body_at = std::min(body_at, message.size());
  facts.has_eight_bit_header = has_eight_bit(message.substr(0, body_at));
  facts.has_eight_bit_body = has_eight_bit(message.substr(body_at));
  return facts;
}

}  // namespace postrider::mail
