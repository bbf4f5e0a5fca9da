#include "base/text.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstring>
#include <fmt/chrono.h>
#include <sodium.h>

#include "base/utf8.h"

namespace postrider {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t size;
};

constexpr std::array<Unit, 5> kDurationUnits{
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

std::optional<std::int64_t> duration_unit(std::string_view name) {
  for (const Unit& unit : kDurationUnits) {
    if (unit.name == name) {
      return unit.size;
    }
  }
  return std::nullopt;
}

std::optional<std::uint64_t> size_unit(std::string_view name) {
  if (name.empty() || equal_ignoring_case(name, "B")) {
    return 1;
  }
  constexpr std::string_view kLetters = "kmg";
  const auto power = kLetters.find(to_lower(name[0]));
  const std::string_view rest = name.substr(1);
  if (power == std::string_view::npos ||
      !(rest.empty() || equal_ignoring_case(rest, "B") || equal_ignoring_case(rest, "iB"))) {
    return std::nullopt;
  }
  return std::uint64_t{1} << (10 * (power + 1));
}

unsigned char byte_at(std::string_view text, std::size_t i) {
  return static_cast<unsigned char>(text[i]);
}

/// utf8_length(), and 0 for characters that control: C0, C1, DEL, and those that reorder or break
/// lines.
std::size_t printable_length(std::string_view text) {
  const std::size_t length = utf8_length(text);
  const unsigned char first = byte_at(text, 0);
  if (length == 1) {
    return first >= 0x20 && first != 0x7F ? 1 : 0;
  }
  if (length == 0) {
    return 0;
  }
  const unsigned char second = byte_at(text, 1);
  const bool c1_control = first == 0xC2 && second < 0xA0;
  // U+2028 to U+202E and U+2066 to U+2069 reorder or break what follows them on a terminal.
  const bool layout =
      first == 0xE2 && ((second == 0x80 && byte_at(text, 2) >= 0xA8 && byte_at(text, 2) <= 0xAE) ||
                        (second == 0x81 && byte_at(text, 2) >= 0xA6 && byte_at(text, 2) <= 0xA9));
  return c1_control || layout ? 0 : length;
}

/// What most text consists of: no look at each character's length is needed.
bool is_plain(char c) {
  return c >= 0x20 && c < 0x7F;
}

template <std::size_t (*LengthOf)(std::string_view)>
bool consists_of(std::string_view text) {
  while (true) {
    text.remove_prefix(
        static_cast<std::size_t>(std::ranges::find_if_not(text, is_plain) - text.begin()));
    if (text.empty()) {
      return true;
    }
    const std::size_t length = LengthOf(text);
    if (length == 0) {
      return false;
    }
    text.remove_prefix(length);
  }
}

}  // namespace

std::string lower(std::string_view text) {
  std::string out(text);
  std::ranges::transform(out, out.begin(), to_lower);
  return out;
}

bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, to_lower, to_lower);
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}

std::string_view trim(std::string_view text) {
  constexpr std::string_view kSpace = " \t\r\n";
  const auto first = text.find_first_not_of(kSpace);
  if (first == std::string_view::npos) {
    return {};
  }
  return text.substr(first, text.find_last_not_of(kSpace) - first + 1);
}

std::vector<std::string_view> split(std::string_view text, char separator) {
  std::vector<std::string_view> parts;
  while (true) {
    const auto end = text.find(separator);
    parts.push_back(text.substr(0, end));
    if (end == std::string_view::npos) {
      return parts;
    }
    text.remove_prefix(end + 1);
  }
}

std::string hex(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  out.reserve(bytes.size() * 2);
  for (const char byte : bytes) {
    const auto value = static_cast<unsigned char>(byte);
    out.push_back(kDigits[value >> 4]);
    out.push_back(kDigits[value & 15]);
  }
  return out;
}

std::string base64(std::string_view bytes) {
  std::string out(sodium_base64_ENCODED_LEN(bytes.size(), sodium_base64_VARIANT_ORIGINAL), '\0');
  sodium_bin2base64(out.data(), out.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), sodium_base64_VARIANT_ORIGINAL);
  out.pop_back();  // sodium counts the terminating zero
  return out;
}

std::optional<std::string> decode_base64(std::string_view text) {
  std::string out(text.size(), '\0');
  std::size_t size = 0;
  const char* end = nullptr;
  if (sodium_base642bin(reinterpret_cast<unsigned char*>(out.data()), out.size(), text.data(),
                        text.size(), nullptr, &size, &end, sodium_base64_VARIANT_ORIGINAL) != 0 ||
      end != text.data() + text.size()) {
    return std::nullopt;
  }
  out.resize(size);
  return out;
}

Result<Duration> parse_duration(std::string_view text) {
  const auto complain = [&] {
    return fail(Errc::invalid, "'" + printable(text, 40) +
                                   "' is not a duration: write a number and its unit, such as "
                                   "\"250ms\", \"90s\", \"5m\", \"1h30m\" or \"5d\"");
  };
  if (text == "0") {
    return Duration(0);
  }
  std::int64_t total = 0;
  std::string_view rest = text;
  while (!rest.empty()) {
    std::int64_t number = 0;
    const auto [end, ec] = std::from_chars(rest.data(), rest.data() + rest.size(), number);
    if (ec != std::errc() || number < 0) {
      return complain();
    }
    rest.remove_prefix(static_cast<std::size_t>(end - rest.data()));
    const auto letters = std::min(rest.find_first_of("0123456789"), rest.size());
    const auto unit = duration_unit(rest.substr(0, letters));
    constexpr std::int64_t kLongest = std::int64_t{100} * 365 * 86'400'000;
    if (!unit || number > kLongest / *unit) {
      return complain();
    }
    total += number * *unit;
    if (total > kLongest) {
      return complain();
    }
    rest.remove_prefix(letters);
  }
  if (text.empty()) {
    return complain();
  }
  return Duration(total);
}

std::string format_duration(Duration duration) {
  std::int64_t left = duration.count();
  if (left == 0) {
    return "0s";
  }
  std::string out = left < 0 ? "-" : "";
  left = left < 0 ? -left : left;
  for (const Unit& unit : kDurationUnits) {
    if (left >= unit.size) {
      out += std::to_string(left / unit.size);
      out += unit.name;
      left %= unit.size;
    }
  }
  return out;
}

Result<std::uint64_t> parse_size(std::string_view text) {
  std::uint64_t number = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
  const auto unit = ec == std::errc()
                        ? size_unit(text.substr(static_cast<std::size_t>(end - text.data())))
                        : std::nullopt;
  if (!unit || number > (std::uint64_t{1} << 50) / *unit) {
    return fail(Errc::invalid, "'" + printable(text, 40) +
                                   "' is not a size: write bytes, or a number with KiB, MiB or "
                                   "GiB, such as \"25MiB\"");
  }
  return number * *unit;
}

std::string format_time(Time time) {
  using namespace std::chrono;
  constexpr Time kFirst = sys_days(year(1) / January / 1);
  constexpr Time kLast = sys_days(year(10000) / January / 1) - milliseconds(1);
  time = std::clamp(time, kFirst, kLast);
  const auto seconds = floor<std::chrono::seconds>(time);
  // Not by system_clock::to_time_t(), whose nanoseconds end in the year 2262.
  const std::time_t count = seconds.time_since_epoch().count();
  return fmt::format("{:%FT%T}.{:03}Z", fmt::gmtime(count), (time - seconds).count());
}

std::string printable(std::string_view foreign, std::size_t longest) {
  if (foreign.size() <= longest && std::ranges::all_of(foreign, is_plain)) {
    return std::string(foreign);
  }
  std::string out;
  out.reserve(std::min(foreign.size(), longest + 3));
  while (!foreign.empty()) {
    const std::size_t length = printable_length(foreign);
    if (out.size() + std::max<std::size_t>(length, 1) > longest) {
      return out + "...";
    }
    if (length == 0) {
      out.push_back(foreign[0] == '\t' ? ' ' : '?');
      foreign.remove_prefix(1);
    } else {
      out.append(foreign.substr(0, length));
      foreign.remove_prefix(length);
    }
  }
  return out;
}

bool is_printable(std::string_view text) {
  return consists_of<printable_length>(text);
}
bool is_utf8(std::string_view text) {
  return consists_of<utf8_length>(text);
}

/// Eight bytes at a time: each header of each message is asked.
bool is_ascii(std::string_view text) {
  std::uint64_t seen = 0;
  for (; text.size() >= sizeof(seen); text.remove_prefix(sizeof(seen))) {
    std::uint64_t word = 0;
    std::memcpy(&word, text.data(), sizeof(word));
    seen |= word;
  }
  for (const char c : text) {
    seen |= static_cast<unsigned char>(c);
  }
  return (seen & 0x8080808080808080) == 0;
}

}  // namespace postrider
