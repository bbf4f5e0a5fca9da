#include "mail/header.h"

#include <algorithm>
#include <array>
#include <chrono>

#include "base/text.h"

namespace postrider::mail {
namespace {

bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}
bool is_name_char(char c) {
  return c > ' ' && c < '\x7F' && c != ':';
}

std::string_view without_line_end(std::string_view line) {
  if (line.ends_with('\n')) {
    line.remove_suffix(1);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
  }
  return line;
}

/// The line at the front of `text`, with its end.
std::string_view first_line(std::string_view text) {
  const auto end = text.find('\n');
  return end == std::string_view::npos ? text : text.substr(0, end + 1);
}

/// The field at the front of `text`: its first line and all that continue it.
std::string_view first_field(std::string_view text) {
  std::size_t size = first_line(text).size();
  while (size < text.size() && is_wsp(text[size])) {
    size += first_line(text.substr(size)).size();
  }
  return text.substr(0, size);
}

void append_digits(std::string& out, unsigned value, std::size_t width) {
  std::array<char, 4> digits{};
  for (std::size_t i = width; i-- > 0; value /= 10) {
    digits[i] = static_cast<char>('0' + value % 10);
  }
  out.append(digits.data(), width);
}

Field make_field(std::string_view whole, std::size_t offset) {
  Field field{.name = {}, .value = without_line_end(whole), .whole = whole, .offset = offset};
  const auto colon = whole.find(':');
  if (colon == std::string_view::npos) {
    return field;
  }
  std::string_view name = whole.substr(0, colon);
  while (!name.empty() && is_wsp(name.back())) {
    name.remove_suffix(1);
  }
  if (!name.empty() && std::ranges::all_of(name, is_name_char)) {
    field.name = name;
    field.value.remove_prefix(colon + 1);
  }
  return field;
}

}  // namespace

Sections split_message(std::string_view message) {
  constexpr std::size_t kUsualFields = 24;
  Sections sections;
  sections.fields.reserve(kUsualFields);
  std::size_t at = 0;
  while (at < message.size()) {
    const std::string_view rest = message.substr(at);
    if (rest.starts_with("\r\n") || rest.starts_with('\n')) {
      sections.has_separator = true;
      sections.body = rest.substr(rest.front() == '\r' ? 2 : 1);
      break;
    }
    const std::string_view whole = first_field(rest);
    sections.fields.push_back(make_field(whole, at));
    at += whole.size();
  }
  sections.header = message.substr(0, at);
  return sections;
}

const Field* find_field(const std::vector<Field>& fields, std::string_view name) {
  for (const Field& field : fields) {
    if (equal_ignoring_case(field.name, name)) {
      return &field;
    }
  }
  return nullptr;
}

std::size_t count_fields(const std::vector<Field>& fields, std::string_view name) {
  return static_cast<std::size_t>(std::ranges::count_if(
      fields, [name](const Field& field) { return equal_ignoring_case(field.name, name); }));
}

std::string unfold(std::string_view value) {
  std::string out;
  out.reserve(value.size());
  for (std::size_t i = 0; i < value.size(); ++i) {
    if (value[i] == '\n' || (value[i] == '\r' && value.substr(i + 1, 1) == "\n")) {
      continue;
    }
    // What is left of CR would still end a line for some readers.
    out.push_back(value[i] == '\r' ? ' ' : value[i]);
  }
  return std::string(trim(out));
}

std::string format_date(Time time) {
  constexpr std::array<std::string_view, 7> kDays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  constexpr std::array<std::string_view, 12> kMonths{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                     "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = std::chrono::floor<std::chrono::days>(time);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss clock(std::chrono::floor<std::chrono::seconds>(time - day));
  std::string out(kDays[std::chrono::weekday(day).c_encoding()]);
  out += ", ";
  append_digits(out, unsigned{date.day()}, 2);
  out += ' ';
  out += kMonths[unsigned{date.month()} - 1];
  out += ' ';
  append_digits(out, static_cast<unsigned>(int{date.year()}), 4);
  out += ' ';
  append_digits(out, static_cast<unsigned>(clock.hours().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.minutes().count()), 2);
  out += ':';
  append_digits(out, static_cast<unsigned>(clock.seconds().count()), 2);
  return out += " +0000";
}

bool is_header_safe(std::string_view text) {
  return text.find_first_of(std::string_view("\r\n\0", 3)) == std::string_view::npos;
}

}  // namespace postrider::mail
