// How the content of a message goes over the wire after DATA (RFC 5321, 4.5.2): a line that begins
// with a dot gets another one, and a dot alone ends it. Nothing is copied: the result is views of
// the content and of constants.
//
// Pure; any thread. Lines end in CRLF, as the caller has made sure.
#pragma once

#include <span>
#include <string_view>
#include <vector>

namespace postrider::smtp {

/// Appends the content to `wire`. A line may begin at the border of two pieces.
void append_stuffed(std::span<const std::string_view> content, std::vector<std::string_view>& wire);

/// What ends the content: the dot, after a CRLF where the last line lacks it.
std::string_view end_of_data(std::span<const std::string_view> content);

}  // namespace postrider::smtp
