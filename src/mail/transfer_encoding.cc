#include "mail/transfer_encoding.h"

#include <algorithm>

#include "base/text.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kLineWidth = 76;

bool needs_code(char c) {
  return c == '=' || static_cast<unsigned char>(c) >= 0x7F || (c < ' ' && c != '\t');
}

std::string code(char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(c);
  return {'=', kDigits[value >> 4], kDigits[value & 15]};
}

void append_line(std::string& out, std::string_view line) {
  std::size_t column = 0;
  for (std::size_t i = 0; i < line.size(); ++i) {
    const bool is_last = i + 1 == line.size();
    // White space at a line's end does not survive transport.
    const bool is_trailing_space = is_last && (line[i] == ' ' || line[i] == '\t');
    const std::string piece =
        needs_code(line[i]) || is_trailing_space ? code(line[i]) : std::string(1, line[i]);
    const std::size_t room = kLineWidth - (is_last ? 0 : 1);  // for the "=" of a soft line end
    if (column + piece.size() > room) {
      out += "=\r\n";
      column = 0;
    }
    out += piece;
    column += piece.size();
  }
}

}  // namespace

std::string encode_quoted_printable(std::string_view text) {
  std::string out;
  out.reserve(text.size() + text.size() / 8);
  while (true) {
    const auto end = text.find("\r\n");
    append_line(out, text.substr(0, end));
    if (end == std::string_view::npos) {
      return out;
    }
    out += "\r\n";
    text.remove_prefix(end + 2);
  }
}

std::string encode_base64_lines(std::string_view bytes) {
  constexpr std::size_t kBytesPerLine = kLineWidth / 4 * 3;
  std::string out;
  out.reserve(bytes.size() * 3 / 2);
  for (std::size_t at = 0; at < bytes.size(); at += kBytesPerLine) {
    out += at == 0 ? "" : "\r\n";
    out += base64(bytes.substr(at, kBytesPerLine));
  }
  return out;
}

}  // namespace postrider::mail
