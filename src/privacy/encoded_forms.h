// What a text may hold in another form: its decodings, to look into. Nothing here decides whether
// something is meant to be decoded; a form that gives nonsense finds nothing. Pure; linear; any
// thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace postrider::privacy {

/// Percent-encoding, quoted-printable, characters by their numbers as JSON and HTML have them, each
/// run of base64 (of both alphabets) that is long enough for an address: only those that may differ
/// from the text.
std::vector<std::string> decodings_of(std::string_view text);

std::string percent_encoded(std::string_view text);  ///< all but letters, digits, -._~

/// A-labels, as held, and U-labels in lower case where they differ.
std::vector<std::string> spellings_of_domain(const std::string& domain);

}  // namespace postrider::privacy
