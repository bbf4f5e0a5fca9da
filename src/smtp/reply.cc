#include "smtp/reply.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postrider::smtp {
namespace {

constexpr std::size_t kLongestWireLine = 512;  // RFC 5321, 4.5.3.1.5; CRLF included

/// How much of `line`, which is longer than `room`, goes on this line: up to the last space, else
/// up to the border of a UTF-8 character.
std::size_t breaking_point(std::string_view line, std::size_t room) {
  const auto space = line.rfind(' ', room);
  if (space != std::string_view::npos && space > room / 2) {
    return space;
  }
  std::size_t end = room;
  while (end > room - 4 && (static_cast<unsigned char>(line[end]) & 0xC0) == 0x80) {
    --end;
  }
  return end;
}

void append_line(std::string& out, std::string_view code, char separator, std::string_view enhanced,
                 std::string_view text) {
  out += code;
  out.push_back(separator);
  if (!enhanced.empty()) {
    out += enhanced;
    out.push_back(' ');
  }
  const std::size_t start = out.size();
  out += text;
  std::replace_if(
      out.begin() + static_cast<std::ptrdiff_t>(start), out.end(),
      [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; }, '?');
  out += "\r\n";
}

bool is_number(std::string_view text) {
  return !text.empty() && text.size() <= 3 && std::ranges::all_of(text, is_digit);
}

/// The enhanced status code at the start of `text`, as long as it has the class of `code`.
std::string_view enhanced_code_in(std::string_view text, int code) {
  const std::string_view word = text.substr(0, std::min(text.find(' '), text.size()));
  const auto first = word.find('.');
  const auto second = word.find('.', first + 1);
  if (first == std::string_view::npos || second == std::string_view::npos) {
    return {};
  }
  const bool well_formed = is_number(word.substr(0, first)) && first == 1 &&
                           is_number(word.substr(first + 1, second - first - 1)) &&
                           is_number(word.substr(second + 1));
  return well_formed && word[0] - '0' == code / 100 ? word : std::string_view();
}

std::string_view without_enhanced(std::string_view text, std::string_view enhanced) {
  const bool has_it = !enhanced.empty() && text.starts_with(enhanced) &&
                      (text.size() == enhanced.size() || text[enhanced.size()] == ' ');
  return has_it ? text.substr(std::min(enhanced.size() + 1, text.size())) : text;
}

}  // namespace

void append_wire(std::string& out, int code, std::string_view enhanced, std::string_view text) {
  const char digits[] = {static_cast<char>('0' + code / 100 % 10),
                         static_cast<char>('0' + code / 10 % 10),
                         static_cast<char>('0' + code % 10)};
  const std::string_view shown(digits, sizeof(digits));
  const std::size_t room = kLongestWireLine - 2 - 4 - (enhanced.empty() ? 0 : enhanced.size() + 1);
  while (true) {
    std::size_t end = std::min(text.find('\n'), text.size());
    std::size_t next = end + 1;  // the newline goes
    if (end > room) {
      end = breaking_point(text, room);
      next = text[end] == ' ' ? end + 1 : end;
    }
    const bool last = next > text.size();
    append_line(out, shown, last ? ' ' : '-', enhanced, text.substr(0, end));
    if (last) {
      return;
    }
    text.remove_prefix(next);
  }
}

std::string to_wire(const Reply& reply) {
  std::string out;
  append_wire(out, reply.code, reply.enhanced, reply.text);
  return out;
}

std::string to_string(const Reply& reply) {
  std::string out = std::to_string(reply.code);
  if (!reply.enhanced.empty()) {
    out += " " + reply.enhanced;
  }
  if (!reply.text.empty()) {
    out += " " + reply.text;
    std::ranges::replace(out, '\n', ' ');
  }
  return out;
}

Result<std::size_t> ReplyParser::feed(std::string_view input) {
  std::size_t used = 0;
  while (!done_) {
    const std::string_view rest = input.substr(used);
    const auto end = rest.substr(0, kLongestLine).find('\n');
    if (end == std::string_view::npos) {
      if (rest.size() >= kLongestLine) {
        return fail(Errc::invalid, "a line of the reply is longer than " +
                                       std::to_string(kLongestLine) + " bytes");
      }
      break;
    }
    std::string_view line = rest.substr(0, end);
    if (line.ends_with('\r')) {
      line.remove_suffix(1);
    }
    TRY_VOID(take_line(line));
    used += end + 1;
  }
  return used;
}

Result<> ReplyParser::take_line(std::string_view line) {
  const bool has_code = line.size() >= 3 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                        is_digit(line[2]) && (line.size() == 3 || line[3] == ' ' || line[3] == '-');
  if (!has_code) {
    return fail(Errc::invalid, "not an SMTP reply: '" + printable(line, 80) + "'");
  }
  const int code = (line[0] - '0') * 100 + (line[1] - '0') * 10 + (line[2] - '0');
  if (lines_ > 0 && code != reply_.code) {
    return fail(Errc::invalid, "the reply changes its code from " + std::to_string(reply_.code) +
                                   " to " + std::to_string(code));
  }
  if (++lines_ > kMostLines) {
    return fail(Errc::invalid, "the reply has more than " + std::to_string(kMostLines) + " lines");
  }
  const std::string_view text = line.substr(std::min<std::size_t>(4, line.size()));
  if (lines_ == 1) {
    reply_.code = code;
    reply_.enhanced = enhanced_code_in(text, code);
  } else if (reply_.text.size() < kLongestText) {
    reply_.text.push_back('\n');
  }
  const std::string_view bare = without_enhanced(text, reply_.enhanced);
  reply_.text += bare.substr(0, kLongestText - std::min(kLongestText, reply_.text.size()));
  done_ = line.size() == 3 || line[3] == ' ';
  return {};
}

Reply ReplyParser::take() {
  lines_ = 0;
  done_ = false;
  return std::exchange(reply_, Reply{});
}

}  // namespace postrider::smtp
