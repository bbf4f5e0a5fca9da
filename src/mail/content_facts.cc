#include <algorithm>

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
  std::size_t body_at = message.size();
  bool in_header = true;
  for (std::size_t at = 0; at < message.size();) {
    const std::size_t end = std::min(message.find('\n', at), message.size());
    const std::string_view line = message.substr(at, end - at);
    const std::size_t length = length_without_end(line);
    facts.longest_line = std::max(facts.longest_line, length);
    facts.has_dot_lines = facts.has_dot_lines || line.starts_with('.');
    at = end + 1;
    if (in_header && length == 0 && end < message.size()) {
      in_header = false;
      body_at = at;
    }
  }
  facts.has_eight_bit_header = has_eight_bit(message.substr(0, body_at));
  facts.has_eight_bit_body = has_eight_bit(message.substr(body_at));
  return facts;
}

}  // namespace postrider::mail
