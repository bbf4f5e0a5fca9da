#include "smtp/content_check.h"

#include <algorithm>
#include <string>

#include "base/byte_masks.h"
#include "base/text.h"

namespace postrider::smtp {
namespace {

Reply refuse(std::string enhanced, std::string text) {
  return {.code = 554, .enhanced = std::move(enhanced), .text = std::move(text), .close = false};
}

}  // namespace

std::optional<Reply> check_content(std::string_view content, const ContentLimits& limits) {
  if (content.find('\0') != std::string_view::npos) {
    return refuse("5.6.0", "the message contains a NUL character");
  }
  if (limits.line_bytes_max != 0 && longest_line(content) > limits.line_bytes_max) {
    return refuse("5.6.0", "a line of the message is longer than " +
                               std::to_string(limits.line_bytes_max) + " bytes");
  }
  const HeaderFigures header = measure_header(content);
  if (limits.header_bytes_max != 0 && header.bytes > limits.header_bytes_max) {
    return Reply{
        .code = 552,
        .enhanced = "5.3.4",
        .text = "the header may have " + std::to_string(limits.header_bytes_max) + " bytes in all"};
  }
  if (header.fields > kHeaderFieldsMax) {
    return refuse("5.6.0",
                  "the header has more than " + std::to_string(kHeaderFieldsMax) + " fields");
  }
  if (header.hops > limits.hops_max) {
    return refuse("5.4.6", "the message has passed more than " + std::to_string(limits.hops_max) +
                               " servers: it is in a loop");
  }
  return std::nullopt;
}

bool has_only_crlf(std::string_view content) {
  std::size_t at = 0;
  std::uint64_t carried = 0;
  for (; content.size() - at >= kMaskBytes; at += kMaskBytes) {
    const Bytes64 block(content.data() + at);
    const std::uint64_t returns = block.equal_to('\r');
    if (block.equal_to('\n') != ((returns << 1) | carried)) {
      return false;
    }
    carried = returns >> 63;
  }
  bool after_cr = carried != 0;
  for (; at < content.size(); ++at) {
    if ((content[at] == '\n') != after_cr) {
      return false;
    }
    after_cr = content[at] == '\r';
  }
  return !after_cr;
}

HeaderFigures measure_header(std::string_view content) {
  HeaderFigures header;
  while (!content.empty() && !content.starts_with("\r\n") && header.fields <= kHeaderFieldsMax) {
    const bool continues = content.front() == ' ' || content.front() == '\t';
    header.fields += continues ? 0 : 1;
    header.hops += starts_with_ignoring_case(content, "received:") ? 1 : 0;
    const std::size_t line = std::min(content.find('\n'), content.size() - 1) + 1;
    header.bytes += line;
    content.remove_prefix(line);
  }
  return header;
}

std::size_t longest_line(std::string_view content) {
  std::size_t longest = 0;
  while (!content.empty()) {
    const std::size_t size = std::min(content.find('\n'), content.size() - 1) + 1;
    longest = std::max(longest, size);
    content.remove_prefix(size);
  }
  return longest;
}

}  // namespace postrider::smtp
