// Content-Transfer-Encodings, written: RFC 2045, 6.7 and 6.8. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::mail {

/// CRLF stays a line end. The last line has an end only where `text` has one.
std::string encode_quoted_printable(std::string_view text);

/// Lines of 76, each ended by CRLF but the last.
std::string encode_base64_lines(std::string_view bytes);

}  // namespace postrider::mail
