// A reply to an SMTP command, as a server gives it and as a client reads it.
// RFC 5321, 4.2 (codes, multi-line replies), RFC 2034 and 3463 (enhanced status codes). Values;
// pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::smtp {

/// What a reply answers, as far as its reader knows.
enum class Stage : std::uint8_t { unknown, connect, hello, starttls, mail, recipient, data };

struct Reply {
  int code = 0;                  ///< 200 to 599; 0 from a handler: close without a word
  std::string enhanced;          ///< "5.1.1"; empty where none is meant or none was given
  std::string text;              ///< lines separated by '\n', without code and enhanced code
  bool close = false;            ///< server: end the session after this reply
  Stage stage = Stage::unknown;  ///< client: what the peer answered; `data` is also the final dot

  bool is_positive() const { return code >= 200 && code < 400; }
  bool is_transient() const { return code >= 400 && code < 500; }
  bool is_permanent() const { return code >= 500; }
};

/// As it goes over the wire, CRLF included; lines of at most 512 bytes (longer text is broken at a
/// space where there is one). Control characters in the text become '?'.
std::string to_wire(const Reply& reply);

/// Appends the same to `out`, from its parts.
void append_wire(std::string& out, int code, std::string_view enhanced, std::string_view text);

/// On one line: "550 5.1.1 no such user"; lines are joined by a space.
std::string to_string(const Reply& reply);

/// Takes one reply after another from a byte buffer. Lines end in LF, with or without CR: who sends
/// us replies gains nothing by smuggling. The enhanced code is taken off every line that has it;
/// text is as it came otherwise: clean it before it is shown or stored.
class ReplyParser {
 public:
  static constexpr std::size_t kLongestLine = 2048;  ///< RFC says 512; the field says more
  static constexpr std::size_t kMostLines = 128;
  static constexpr std::size_t kLongestText = 4096;  ///< further text is read and discarded

  /// Takes as many whole lines as complete one reply. Returns how many bytes of `input` it used;
  /// the caller removes them. `done()` then tells whether a reply is complete (take it with
  /// `take()`). Errc::invalid: not a reply (no code, the code changes between lines, too long, too
  /// many lines); the connection is of no further use.
  Result<std::size_t> feed(std::string_view input);
  bool done() const { return done_; }
  Reply take();

 private:
  Result<> take_line(std::string_view line);

  Reply reply_;
  std::size_t lines_ = 0;
  bool done_ = false;
};

}  // namespace postrider::smtp
