#include "bounce/witness.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::bounce {
namespace {

/// Length of the enhanced status code at `at`: one digit of class 4 or 5, one to three, one to
/// three, and neither digit nor dot with a digit around it (or it is an address). 0: there is none.
std::size_t enhanced_length(std::string_view text, std::size_t at) {
  if ((text[at] != '4' && text[at] != '5') || at + 1 >= text.size() || text[at + 1] != '.') {
    return 0;
  }
  if (at > 0 && (is_digit(text[at - 1]) || text[at - 1] == '.' || is_alpha(text[at - 1]))) {
    return 0;
  }
  std::size_t end = at + 2;
  for (int part = 0; part < 2; ++part) {
    const std::size_t start = end;
    while (end < text.size() && is_digit(text[end]) && end - start < 4) {
      ++end;
    }
    if (end == start || end - start > 3) {
      return 0;
    }
    if (part == 0) {
      if (end >= text.size() || text[end] != '.') {
        return 0;
      }
      ++end;
    }
  }
  const bool goes_on = end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]);
  return goes_on || (end < text.size() && is_alpha(text[end])) ? 0 : end - at;
}

bool may_precede_reply(char c) {
  return std::string_view(":[('\"<>\n\t#").contains(c);
}

/// Where the first reply code stands; npos: nowhere.
std::size_t find_code(std::string_view text) {
  char before = ':';  // the last character that is not a space
  for (std::size_t i = 0; i + 3 <= text.size(); ++i) {
    const bool begins = i == 0 || !(is_digit(text[i - 1]) || is_alpha(text[i - 1]) ||
                                    text[i - 1] == '.' || text[i - 1] == '-');
    if (begins && (text[i] == '4' || text[i] == '5') && is_digit(text[i + 1]) &&
        is_digit(text[i + 2])) {
      const bool ends = i + 3 == text.size() || text[i + 3] == ' ' || text[i + 3] == '-' ||
                        text[i + 3] == ':' || text[i + 3] == '\n';
      const bool with_enhanced = i + 4 < text.size() && enhanced_length(text, i + 4) > 0;
      if (ends && (may_precede_reply(before) || with_enhanced)) {
        return i;
      }
    }
    before = text[i] == ' ' ? before : text[i];
  }
  return std::string_view::npos;
}

}  // namespace

int code_in(std::string_view text) {
  const std::size_t at = find_code(text);
  if (at == std::string_view::npos) {
    return 0;
  }
  return (text[at] - '0') * 100 + (text[at + 1] - '0') * 10 + (text[at + 2] - '0');
}

std::string_view words_of_server(std::string_view text) {
  constexpr auto kReporters = std::to_array<std::string_view>(
      {" said:", "SMTP error from remote", "did not like our", "refused to talk to me", "responded",
       "returned", "emote host said", "error message:"});
  const std::size_t at = find_code(text);
  if (at == 0 || at == std::string_view::npos) {
    return text;
  }
  const std::string_view reporter = text.substr(0, at);
  const bool reports = std::ranges::any_of(
      kReporters, [&](std::string_view words) { return reporter.contains(words); });
  return reports ? text.substr(at) : text;
}

std::string_view enhanced_in(std::string_view text) {
  std::string_view first;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const std::size_t length = enhanced_length(text, i);
    if (length == 0) {
      continue;
    }
    const std::string_view found = text.substr(i, length);
    if (!found.ends_with(".0")) {
      return found;
    }
    first = first.empty() ? found : first;
    i += length;
  }
  return first;
}

std::optional<Phase> phase_in(std::string_view text) {
  struct Row {
    std::string_view words;
    Phase phase;
  };
  // As Postfix, Exim, qmail and their kin report what a server refused.
  constexpr auto kRows = std::to_array<Row>({
      {"in reply to rcpt to", Phase::rcpt},
      {"in reply to mail from", Phase::mail},
      {"in reply to end of data", Phase::data},
      {"in reply to data", Phase::data},
      {"in reply to helo", Phase::ehlo},
      {"in reply to ehlo", Phase::ehlo},
      {"refused to talk to me", Phase::connect},
      {"after initial connection", Phase::connect},
      {"after mail from:", Phase::mail},
      {"after rcpt to:", Phase::rcpt},
      {"after end of data", Phase::data},
      {"after pipelined end of data", Phase::data},
      {"after data", Phase::data},
      {"after helo", Phase::ehlo},
      {"after ehlo", Phase::ehlo},
      {"did not like our rcpt to", Phase::rcpt},
      {"does not like recipient", Phase::rcpt},
      {"sender was rejected", Phase::mail},
      {"failed after i sent the message", Phase::data},
      {"failed on data command", Phase::data},
      {"following rcpt command", Phase::rcpt},
  });
  for (const Row& row : kRows) {
    if (text.contains(row.words)) {
      return row.phase;
    }
  }
  return std::nullopt;
}

}  // namespace postrider::bounce
