// Text of mails in whatever character set, as UTF-8.
//
// RFC 2045, 5 and 6 (transfer encodings, read leniently), RFC 2047 (encoded words), RFC 2046, 4.1.2
// (charset). Only character sets on a list of ours reach iconv(3): its stranger converters have
// been ways in. What is declared wrongly is guessed. Pure; any thread; linear in the text. Never an
// error: what can't be read becomes '?'.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postrider::bounce {

/// `charset` as a header names it, in any case; empty: none is named.
std::string to_utf8(std::string_view bytes, std::string_view charset);

/// The bytes behind a Content-Transfer-Encoding ("base64", "quoted-printable"; any other: as they
/// are), and no more than `most` of them.
std::string decode_transfer(std::string_view body, std::string_view encoding, std::size_t most);

/// A header's value, unfolded, its encoded words read.
std::string decode_words(std::string_view value);

}  // namespace postrider::bounce
