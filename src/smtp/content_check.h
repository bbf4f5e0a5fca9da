// What is wrong with a message that has come whole. The framing has been checked by then (for DATA
// by ContentScanner); BDAT counts bytes and says nothing of lines, so its content is checked here.
// RFC 5321, 4.5.3.1.6 (line length), 6.3 (loops); RFC 3030 (no BINARYMIME: lines end in CRLF).
// The number of fields has a limit of its own, because they are held in memory one by one.
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "smtp/reply.h"

namespace postrider::smtp {

constexpr std::uint32_t kHeaderFieldsMax = 1000;

struct ContentLimits {
  std::uint32_t line_bytes_max = 0;    ///< with its CRLF; 0: unlimited
  std::uint32_t header_bytes_max = 0;  ///< without the empty line; 0: unlimited
  std::uint32_t hops_max = 50;
};

/// The reply that refuses the content, if it must be refused: 554 5.6.0 for a NUL or a line that is
/// too long, 552 5.3.4 for a header section that is, 554 5.6.0 for one with more than
/// kHeaderFieldsMax fields, 554 5.4.6 for too many Received lines.
std::optional<Reply> check_content(std::string_view content, const ContentLimits& limits);

/// Whether CR and LF occur only together, in this order. A CR at the very end is not together.
bool has_only_crlf(std::string_view content);

struct HeaderFigures {
  std::size_t bytes = 0;     ///< of the header section, without the empty line
  std::uint32_t fields = 0;  ///< lines that continue none
  std::uint32_t hops = 0;    ///< Received: fields
};
/// Looks no further than just past kHeaderFieldsMax.
HeaderFigures measure_header(std::string_view content);

/// Length of the longest line, CRLF included.
std::size_t longest_line(std::string_view content);

}  // namespace postrider::smtp
