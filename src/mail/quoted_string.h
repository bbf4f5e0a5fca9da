// Quoted strings of header fields: RFC 5322, 3.2.4, and RFC 2045, 5.1. Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace postrider::mail {

/// Takes from `rest`, which begins behind the opening quote, the string and its closing quote:
/// quoted pairs resolved, line ends of folding left out. Nothing, and `rest` as it was, if it has
/// no end.
std::optional<std::string> take_quoted(std::string_view& rest);

}  // namespace postrider::mail
