// Replies from anywhere, cut anywhere: the client's reader finds in them what a plain reading of
// the whole finds, and refuses what that refuses; what a server writes is read as it was meant.
#include <algorithm>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/text.h"
#include "smtp/reply.h"
#include "support/choices.h"
#include "support/plain_replies.h"
#include "support/require.h"

namespace postrider::smtp {
namespace {

using fuzz::Heard;
using fuzz::plain_reading;
using fuzz::require;

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
