#include "load/log_line.h"

#include <algorithm>
#include <charconv>
#include <fmt/format.h>
#include <iterator>

namespace postrider::load {
namespace {

void append_fields(std::string& out, LoadId id, Micros at) {
  fmt::format_to(std::back_inserter(out), "{:08x} {} {} ", id.run, id.number,
                 at.time_since_epoch().count());
}

/// Takes up to the next space, or the rest.
std::string_view take_word(std::string_view& line) {
  const std::string_view word = line.substr(0, line.find(' '));
  line.remove_prefix(std::min(word.size() + 1, line.size()));
  return word;
}

template <class T>
std::optional<T> take_number(std::string_view& line) {
  const std::string_view word = take_word(line);
  T value{};
  const auto [end, ec] = std::from_chars(word.data(), word.data() + word.size(), value);
  if (ec != std::errc() || end != word.data() + word.size()) {
    return std::nullopt;
  }
  return value;
}

struct Fields {
  LoadId id;
  Micros at{};
  std::uint32_t last = 0;
};

std::optional<Fields> parse_fields(std::string_view line) {
  const auto run = parse_run(take_word(line));
  const auto number = take_number<std::uint64_t>(line);
  const auto micros = take_number<std::int64_t>(line);
  const auto last = take_number<std::uint32_t>(line);
  if (!run || !number || *number >= kMostNumbers || !micros || !last || !line.empty()) {
    return std::nullopt;
  }
  return Fields{.id = {.run = *run, .number = *number},
                .at = Micros(std::chrono::microseconds(*micros)),
                .last = *last};
}

}  // namespace

void append_line(std::string& out, const Answered& answered) {
  append_fields(out, answered.id, answered.at);
  fmt::format_to(std::back_inserter(out), "{:03}\n", answered.code);
}

void append_line(std::string& out, const Arrived& arrived) {
  append_fields(out, arrived.id, arrived.at);
  fmt::format_to(std::back_inserter(out), "{}\n", arrived.copies_before);
}

std::optional<Answered> parse_answered(std::string_view line) {
  const auto fields = parse_fields(line);
  if (!fields || fields->last > 599) {
    return std::nullopt;
  }
  return Answered{.id = fields->id, .at = fields->at, .code = static_cast<int>(fields->last)};
}

std::optional<Arrived> parse_arrived(std::string_view line) {
  const auto fields = parse_fields(line);
  if (!fields) {
    return std::nullopt;
  }
  return Arrived{.id = fields->id, .at = fields->at, .copies_before = fields->last};
}

}  // namespace postrider::load
