#include "support/plain_replies.h"

#include <optional>
#include <string>

namespace postrider::fuzz {
namespace {

using smtp::Reply;
using smtp::ReplyParser;

struct Line {
  std::string code;
  bool is_last = false;
  std::string text;
};

std::optional<Line> plain_line(std::string line) {
  if (line.ends_with('\r')) {
    line.pop_back();
  }
  const bool has_code = line.size() >= 3 && std::string("2345").contains(line[0]) &&
                        std::string("0123456789").contains(line[1]) &&
                        std::string("0123456789").contains(line[2]);
  if (!has_code || (line.size() > 3 && line[3] != ' ' && line[3] != '-')) {
    return std::nullopt;
  }
  return Line{.code = line.substr(0, 3),
              .is_last = line.size() == 3 || line[3] == ' ',
              .text = line.size() > 4 ? line.substr(4) : ""};
}

/// "5.1.1" of "5.1.1 no such user" behind a code of 5xx.
std::string plain_enhanced(const Line& line) {
  const std::string word = line.text.substr(0, line.text.find(' '));
  std::vector<std::string> numbers(1);
  for (const char c : word) {
    if (c == '.') {
      numbers.emplace_back();
    } else {
      numbers.back() += c;
    }
  }
  const auto is_number = [](const std::string& text) {
    return !text.empty() && text.size() <= 3 &&
           text.find_first_not_of("0123456789") == std::string::npos;
  };
  const bool good = numbers.size() == 3 && numbers[0] == line.code.substr(0, 1) &&
                    is_number(numbers[1]) && is_number(numbers[2]);
  return good ? word : "";
}

Reply plain_reply(const std::vector<Line>& lines) {
  Reply reply;
  reply.code = std::stoi(lines.front().code);
  reply.enhanced = plain_enhanced(lines.front());
  for (std::size_t i = 0; i < lines.size(); ++i) {
    std::string text = lines[i].text;
    if (!reply.enhanced.empty() && text == reply.enhanced) {
      text.clear();
    } else if (!reply.enhanced.empty() && text.starts_with(reply.enhanced + " ")) {
      text.erase(0, reply.enhanced.size() + 1);
    }
    if (i > 0 && reply.text.size() < ReplyParser::kLongestText) {
      reply.text += '\n';
    }
    reply.text = (reply.text + text).substr(0, ReplyParser::kLongestText);
  }
  return reply;
}

}  // namespace

Heard plain_reading(std::string_view text) {
  Heard heard;
  std::vector<Line> lines;
  while (true) {
    const auto end = text.find('\n');
    const std::size_t size = end == std::string_view::npos ? text.size() : end + 1;
    const bool is_whole = end != std::string_view::npos;
    if (size > ReplyParser::kLongestLine || (!is_whole && size == ReplyParser::kLongestLine)) {
      heard.broken = true;
      return heard;
    }
    if (!is_whole) {
      return heard;
    }
    const auto line = plain_line(std::string(text.substr(0, size - 1)));
    text.remove_prefix(size);
    if (!line || (!lines.empty() && line->code != lines.front().code) ||
        lines.size() == ReplyParser::kMostLines) {
      heard.broken = true;
      return heard;
    }
    lines.push_back(*line);
    if (line->is_last) {
      heard.replies.push_back(plain_reply(lines));
      lines.clear();
    }
  }
}

}  // namespace postrider::fuzz
