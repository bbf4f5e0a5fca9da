// What is left of a text when everything is taken out that differs from one refusal to the next:
// addresses, host names, URLs, ids and numbers. Two refusals by one wording have one mask.
// Pure, linear; any thread.
#pragma once

#include <string>
#include <string_view>

namespace postrider::bounce {

/// Of a text in normal form: words that are or hold an address become "ADDRESS", a URL "URL", an IP
/// address "IP", a host name "HOST", a number "N", letters mixed with digits "ID". Punctuation
/// around a word stays.
std::string mask(std::string_view normal);

}  // namespace postrider::bounce
