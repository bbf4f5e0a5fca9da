// ASCII text: what protocols and configuration files are made of. Nothing here knows a locale.
// Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postrider {

constexpr char to_lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
}
constexpr bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
constexpr bool is_alpha(char c) {
  return to_lower(c) >= 'a' && to_lower(c) <= 'z';
}

std::string lower(std::string_view text);
bool equal_ignoring_case(std::string_view a, std::string_view b);
bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
std::string_view trim(std::string_view text);  ///< without spaces, tabs, CR and LF at both ends
std::vector<std::string_view> split(std::string_view text, char separator);

std::string hex(std::string_view bytes);                          ///< lower case
std::string base64(std::string_view bytes);                       ///< with padding
std::optional<std::string> decode_base64(std::string_view text);  ///< strict; nothing if malformed

/// "90s", "5m", "1h30m", "5d", "250ms"; a bare "0" is zero. Errc::invalid says what is expected.
Result<Duration> parse_duration(std::string_view text);
/// The shortest exact form of it: "1h30m".
std::string format_duration(Duration duration);
/// "100", "64KiB", "25MiB", "1GiB" (also K, M, G, KB, MB, GB as powers of 1024). Errc::invalid.
Result<std::uint64_t> parse_size(std::string_view text);

/// "2026-11-24T05:52:12.345Z". Of what lies outside of the years 1 to 9999, which RFC 3339 can't
/// write, their first or last moment.
std::string format_time(Time time);
/// RFC 3339: "2026-11-24T05:52:12.345Z", also with an offset ("+01:00"), without the fraction or
/// the seconds, and a date alone, which is its first moment. A time without an offset is UTC.
/// Errc::invalid says what is expected.
Result<Time> parse_time(std::string_view text);

/// For logs, events and replies: control characters and bytes that are not UTF-8 become '?', and
/// what is longer than `longest` bytes is cut at a character's border and ends in "...".
std::string printable(std::string_view foreign, std::size_t longest = 1000);
/// Whether printable() would leave `text` as it is: UTF-8 without characters that control.
bool is_printable(std::string_view text);
bool is_utf8(std::string_view text);  ///< control characters included
bool is_ascii(std::string_view text);

}  // namespace postrider
