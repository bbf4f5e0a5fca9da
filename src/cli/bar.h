// Bars of text, to compare rows of a table by eye. Pure, but for the terminal.
#pragma once

#include <cstdint>
#include <string>

namespace postrider::cli {

/// `width` characters where `value` is `most`, in eighths of a character; empty for 0.
std::string bar(std::uint64_t value, std::uint64_t most, std::size_t width);

/// Standard output is a terminal: whoever reads it from a pipe wants numbers.
bool shows_bars();

}  // namespace postrider::cli
