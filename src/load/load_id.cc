#include "load/load_id.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"

namespace postrider::load {
namespace {

constexpr std::string_view kLocalPrefix = "load-";
constexpr std::string_view kHeader = "X-Load-Id: ";
constexpr std::size_t kRunDigits = 8;

/// Takes a decimal number from the front of `text`; nothing without a digit or above the bound.
std::optional<std::uint64_t> take_number(std::string_view& text, std::uint64_t bound) {
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || value >= bound) {
    return std::nullopt;
  }
  text.remove_prefix(static_cast<std::size_t>(end - text.data()));
  return value;
}

/// "RUN-NUMBER" from the front of `text`.
std::optional<LoadId> take_id(std::string_view& text) {
  const auto run = parse_run(text.substr(0, kRunDigits));
  if (!run || text.size() <= kRunDigits || text[kRunDigits] != '-') {
    return std::nullopt;
  }
  text.remove_prefix(kRunDigits + 1);
  const auto number = take_number(text, kMostNumbers);
  if (!number) {
    return std::nullopt;
  }
  return LoadId{.run = *run, .number = *number};
}

std::optional<LoadMessage> parse_message(std::string_view text) {
  const auto first = take_id(text);
  if (!first || !text.starts_with('-')) {
    return std::nullopt;
  }
  text.remove_prefix(1);
  const auto count = take_number(text, std::uint64_t{1} << 32);
  if (!count || *count == 0 || !text.empty()) {
    return std::nullopt;
  }
  return LoadMessage{
      .run = first->run, .first = first->number, .count = static_cast<std::uint32_t>(*count)};
}

}  // namespace

std::string run_name(std::uint32_t run) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kRunDigits, '0');
  for (std::size_t i = kRunDigits; i > 0; --i, run >>= 4) {
    name[i - 1] = kDigits[run & 15];
  }
  return name;
}

std::optional<std::uint32_t> parse_run(std::string_view text) {
  std::uint32_t run = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), run, 16);
  if (text.size() != kRunDigits || ec != std::errc() || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return run;
}

std::string local_part(LoadId id) {
  return std::string(kLocalPrefix) + run_name(id.run) + '-' + std::to_string(id.number);
}

std::optional<LoadId> parse_local_part(std::string_view text) {
  if (!starts_with_ignoring_case(text, kLocalPrefix)) {
    return std::nullopt;
  }
  text.remove_prefix(kLocalPrefix.size());
  const auto id = take_id(text);
  return text.empty() ? id : std::nullopt;
}

std::string id_header(const LoadMessage& message) {
  return std::string(kHeader) + run_name(message.run) + '-' + std::to_string(message.first) + '-' +
         std::to_string(message.count) + "\r\n";
}

std::optional<LoadMessage> find_id_header(std::string_view content) {
  while (!content.empty() && !content.starts_with("\r\n")) {
    const auto end = std::min(content.find("\r\n"), content.size());
    if (starts_with_ignoring_case(content, kHeader)) {
      return parse_message(content.substr(kHeader.size(), end - kHeader.size()));
    }
    content.remove_prefix(std::min(end + 2, content.size()));
  }
  return std::nullopt;
}

}  // namespace postrider::load
