#include "bounce/mime_reader.h"

#include <algorithm>

#include "base/text.h"
#include "bounce/charset.h"

namespace postrider::bounce {
namespace {

bool is_wsp(char c) {
  return c == ' ' || c == '\t';
}

/// The name in front of the colon, or nothing if the line is no field.
std::string_view field_name(std::string_view line) {
  std::string_view name = line.substr(0, line.substr(0, 80).find(':'));
  if (name.size() == line.size() || name.size() >= 80) {
    return {};
  }
  while (!name.empty() && is_wsp(name.back())) {
    name.remove_suffix(1);
  }
  const bool is_name =
      std::ranges::all_of(name, [](char c) { return c > ' ' && c < '\x7F' && c != '@'; });
  return is_name ? name : std::string_view();
}

/// From the empty line on, without looking at what is in front of it.
std::string_view behind_empty_line(std::string_view text) {
  const auto bare = text.find("\n\n");
  const auto full = text.find("\n\r\n");
  const auto end = std::min(bare == std::string_view::npos ? text.size() : bare + 2,
                            full == std::string_view::npos ? text.size() : full + 3);
  return text.substr(end);
}

void read_types(MimePart& part) {
  const std::string_view value = part.field("Content-Type");
  part.encoding = trim(part.field("Content-Transfer-Encoding"));
  part.is_typed = !value.empty();
  const auto slash = value.find('/');
  if (slash == std::string_view::npos) {
    return;
  }
  const auto end = std::min(value.find_first_of("; \t\r\n", slash), value.size());
  part.type = lower(trim(value.substr(0, slash)));
  part.subtype = lower(trim(value.substr(slash + 1, end - slash - 1)));
  part.charset = std::string(parameter_of(value, "charset"));
}

MimePart read_part(std::string_view text, std::size_t depth, const MimeLimits& limits,
                   bool& is_cut) {
  MimePart part;
  MimeHead head = read_head(text, depth == 0, limits);
  is_cut |= head.is_cut;
  part.fields = std::move(head.fields);
  part.body = head.body;
  part.depth = depth;
  read_types(part);
  return part;
}

/// The parameter, or the first line that looks like a delimiter: some senders lose the parameter.
std::string_view boundary_of(const MimePart& part) {
  const std::string_view named = parameter_of(part.field("Content-Type"), "boundary");
  if (!named.empty()) {
    return named;
  }
  std::string_view rest = part.body;
  for (int lines = 0; lines < 50 && !rest.empty(); ++lines) {
    const std::string_view line = trim(take_line(rest));
    if (line.size() > 6 && line.starts_with("--") && line.find(' ') == std::string_view::npos) {
      return line.substr(2);
    }
  }
  return {};
}

/// The texts between the delimiter lines; a last one without its end counts.
std::vector<std::string_view> split_parts(std::string_view body, std::string_view boundary,
                                          std::size_t most) {
  std::vector<std::string_view> found;
  std::string_view rest = body;
  const char* begin = nullptr;
  while (!rest.empty() && found.size() < most) {
    const char* line_begin = rest.data();
    const std::string_view line = take_line(rest);
    if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) {
      continue;
    }
    const std::string_view tail = trim(line.substr(2 + boundary.size()));
    if (!tail.empty() && tail != "--") {
      continue;
    }
    if (begin != nullptr) {
      found.emplace_back(begin, static_cast<std::size_t>(line_begin - begin));
    }
    begin = tail.empty() ? rest.data() : nullptr;
    if (!tail.empty()) {
      return found;
    }
  }
  if (begin != nullptr && found.size() < most) {
    found.emplace_back(begin, static_cast<std::size_t>(body.data() + body.size() - begin));
  }
  return found;
}

}  // namespace

std::string_view take_line(std::string_view& rest) {
  const auto end = std::min(rest.find('\n'), rest.size());
  std::string_view line = rest.substr(0, end);
  rest.remove_prefix(std::min(end + 1, rest.size()));
  while (line.ends_with('\r')) {
    line.remove_suffix(1);
  }
  return line;
}

std::string_view parameter_of(std::string_view value, std::string_view name) {
  for (std::size_t at = 0; at < value.size(); ++at) {
    const auto equals = value.find('=', at);
    if (equals == std::string_view::npos) {
      return {};
    }
    const std::string_view before = trim(value.substr(at, equals - at));
    std::string_view content = value.substr(equals + 1);
    content.remove_prefix(std::min(content.find_first_not_of(" \t\r\n"), content.size()));
    const bool quoted = content.starts_with('"');
    const auto end = quoted ? content.find('"', 1) : content.find_first_of("; \t\r\n");
    const bool found = before.size() >= name.size() &&
                       equal_ignoring_case(before.substr(before.size() - name.size()), name);
    const std::string_view unquoted = content.substr(quoted ? 1 : 0, quoted ? end - 1 : end);
    if (found) {
      return unquoted.substr(0, std::min(unquoted.size(), end));
    }
    at = end == std::string_view::npos
             ? value.size()
             : static_cast<std::size_t>(content.data() - value.data()) + end;
  }
  return {};
}

std::string_view MimePart::field(std::string_view name) const {
  const auto found = std::ranges::find_if(
      fields, [&](const MimeField& field) { return equal_ignoring_case(field.name, name); });
  return found == fields.end() ? std::string_view() : found->value;
}

MimeHead read_head(std::string_view text, bool lenient, const MimeLimits& limits) {
  MimeHead head;
  const std::string_view whole = text;
  while (lenient && (text.starts_with('\n') || text.starts_with("\r\n"))) {
    take_line(text);
  }
  while (!text.empty()) {
    const std::string_view here = text;
    const std::string_view line = take_line(text);
    if (line.empty()) {
      head.body = text;
      return head;
    }
    const auto used = static_cast<std::size_t>(text.data() - whole.data());
    if (used > limits.head_bytes_most || head.fields.size() >= limits.fields_most) {
      head.is_cut = true;
      head.body = behind_empty_line(here);
      return head;
    }
    if (is_wsp(line.front()) && !head.fields.empty()) {
      // Both views lie in `whole`, the line behind the value.
      MimeField& last = head.fields.back();
      const char* begin = last.value.empty() ? line.data() : last.value.data();
      last.value = trim({begin, static_cast<std::size_t>(line.data() + line.size() - begin)});
      continue;
    }
    const std::string_view name = field_name(line);
    if (!name.empty()) {
      head.fields.push_back({.name = name, .value = trim(line.substr(line.find(':') + 1))});
    } else if (!head.fields.empty() && head.fields.back().value.empty()) {
      head.fields.back().value = trim(line);  // folded, and the space is lost (Exchange Online)
    } else if (!lenient) {
      head.body = here;
      return head;
    }
  }
  head.body = text;  // empty, and yet behind the head: others reckon from where it lies
  return head;
}

MimeMessage read_mime(std::string_view message, const MimeLimits& limits) {
  MimeMessage read;
  read.is_cut = message.size() > limits.bytes_most;
  struct Waiting {
    std::string_view text;
    std::size_t depth;
  };
  std::vector<Waiting> waiting{{.text = message.substr(0, limits.bytes_most), .depth = 0}};
  while (!waiting.empty()) {
    if (read.parts.size() >= limits.parts_most) {
      read.is_cut = true;
      break;
    }
    const Waiting next = waiting.back();
    waiting.pop_back();
    read.parts.push_back(read_part(next.text, next.depth, limits, read.is_cut));
    const MimePart& part = read.parts.back();
    if (part.type != "multipart") {
      continue;
    }
    const std::string_view boundary = boundary_of(part);
    if (next.depth >= limits.depth_most || boundary.empty()) {
      read.is_cut |= next.depth >= limits.depth_most;
      continue;
    }
    const auto inside = split_parts(part.body, boundary, limits.parts_most);
    if (inside.empty()) {
      read.parts.back().type = "text";
      read.parts.back().subtype = "plain";
    }
    for (auto text = inside.rbegin(); text != inside.rend(); ++text) {
      waiting.push_back({.text = *text, .depth = next.depth + 1});
    }
  }
  return read;
}

std::string text_of(const MimePart& part, std::size_t most) {
  return to_utf8(decode_transfer(part.body.substr(0, most * 2), part.encoding, most), part.charset);
}

}  // namespace postrider::bounce
