// What the text of a refusal says about itself where nobody else has said it: the codes and, from
// the words of the MTA that reports it, the command that was refused. Pure, linear; any thread.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "bounce/rule.h"

namespace postrider::bounce {

/// The first reply code of 400 to 599 that stands where replies begin: at the front, behind a
/// colon, bracket or quote, or before an enhanced code. 0: none.
int code_in(std::string_view text);

/// What the server said, where an MTA reports it ("host mx.example.com[192.0.2.1] said: 550 ...",
/// "SMTP error from remote mail server after RCPT TO:<...>: ... 550 ..."): the text from the code
/// on. The whole text where nobody reports. A view into `text`.
std::string_view words_of_server(std::string_view text);

/// The first enhanced status code of class 4 or 5 that says more than "undefined" ("5.0.0" does
/// not, nor "5.1.0"), or else the first. Empty: none. A view into `text`.
std::string_view enhanced_in(std::string_view text);

/// `text` in normal form. Nothing where it doesn't say.
std::optional<Phase> phase_in(std::string_view text);

}  // namespace postrider::bounce
