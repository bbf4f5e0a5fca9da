// A line of `postrider classify`'s input: a JSON object, or a bare reply. Pure.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "bounce/classifier.h"

namespace postrider::cli {

/// One refusal, with the strings that its diagnostic looks at.
struct RefusalLine {
  int code = 0;
  std::string enhanced;
  std::string text;
  std::string mx;
  std::string provider;
  std::string phase;
  std::string sender;

  bounce::Diagnostic diagnostic() const {
    return {.code = code,
            .enhanced = enhanced,
            .text = text,
            .mx = mx,
            .provider = provider,
            .phase = phase};
  }
};

/// {"code":550,"enhanced":"5.1.1","text":"...","mx":"...","provider":"...","phase":"rcpt"}: all but
/// `text` may be missing or null, others are not looked at. An event of the event log is taken too:
/// `reply` is its text, `mx_host` its mx, `from` its sender. What doesn't begin with '{' is a bare
/// reply. Errc::invalid says what is wrong.
Result<RefusalLine> parse_refusal(std::string_view line);

}  // namespace postrider::cli
