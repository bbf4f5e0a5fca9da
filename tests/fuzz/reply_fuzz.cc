// Replies from anywhere, cut anywhere: the client's reader finds in them what a plain reading of
// the whole finds, and refuses what that refuses; what a server writes is read as it was meant.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "smtp/reply.h"
#include "support/choices.h"
#include "support/require.h"

namespace postrider::smtp {
namespace {

using fuzz::require;

/// All replies that came, and whether what follows them is none.
struct Heard {
  std::vector<Reply> replies;
  bool broken = false;
};

// The plain reading: the whole text is split into lines first, and each line is looked at alone.

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

/// As smtp/conversation.cc reads: what the parser doesn't use stays in front of the next piece.
Heard reading_by_pieces(const std::vector<std::string_view>& pieces) {
  Heard heard;
  ReplyParser parser;
  std::string buffered;
  for (const std::string_view piece : pieces) {
    buffered += piece;
    while (true) {
      const Result<std::size_t> used = parser.feed(buffered);
      if (!used) {
        require(used.error().code() == Errc::invalid && is_printable(used.error().text()),
                "what is no reply is refused in words that can be shown", used.error().text());
        heard.broken = true;
        return heard;
      }
      require(*used <= buffered.size(), "no more is used than there is");
      buffered.erase(0, *used);
      if (!parser.done()) {
        break;
      }
      heard.replies.push_back(parser.take());
    }
  }
  return heard;
}

void check_reading(std::string_view text, const fuzz::PieceSizes& sizes) {
  const Heard wanted = plain_reading(text);
  const Heard heard = reading_by_pieces(fuzz::cut(text, sizes));
  require(heard.broken == wanted.broken, "both readings refuse the same");
  require(heard.replies.size() == wanted.replies.size(), "both readings find the same replies");
  for (std::size_t i = 0; i < wanted.replies.size(); ++i) {
    const Reply& a = heard.replies[i];
    const Reply& b = wanted.replies[i];
    require(a.code == b.code, "codes are the same");
    require(a.enhanced == b.enhanced, "enhanced codes are the same", b.enhanced);
    require(a.text == b.text, "texts are the same", a.text + " / " + b.text);
  }
}

/// What a line that is broken, or cleaned, doesn't change.
std::string essence(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c != ' ' && c != '\n') {
      out += (c >= 0 && c < ' ') || c == 0x7F ? '?' : c;
    }
  }
  return out;
}

void check_writing(std::string_view text, std::uint8_t choice) {
  const Reply reply{.code = 200 + choice * 399 / 255,
                    .enhanced = std::to_string((200 + choice * 399 / 255) / 100) + ".7.255",
                    .text = std::string(text),
                    .close = false};
  const std::string wire = to_wire(reply);
  for (std::size_t at = 0; at < wire.size();) {
    const auto end = wire.find("\r\n", at);
    require(end != std::string::npos && end + 2 - at <= 512, "lines have 512 bytes at most");
    at = end + 2;
  }
  require(std::string_view(wire).find('\n') == wire.find("\r\n") + 1, "lines end in CRLF");
  const Heard heard = plain_reading(wire);
  if (heard.broken) {
    require(std::ranges::count(wire, '\n') > 128, "what is written can be read", wire);
    return;
  }
  require(heard.replies.size() == 1, "one reply is written as one");
  require(heard.replies[0].code == reply.code && heard.replies[0].enhanced == reply.enhanced,
          "codes come through");
  if (wire.size() < ReplyParser::kLongestText) {
    require(essence(heard.replies[0].text) == essence(text), "the text comes through", wire);
  }
}

}  // namespace
}  // namespace postrider::smtp

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider;
  fuzz::Choices choices(data, size);
  const std::uint8_t choice = choices.byte();
  const fuzz::PieceSizes sizes = fuzz::take_sizes(choices);
  smtp::check_reading(choices.rest(), sizes);
  smtp::check_writing(choices.rest(), choice);
  return 0;
}
