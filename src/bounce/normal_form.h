// What rules look at: a foreign text brought into one form, so that a rule needs one spelling.
//
// Lower case; Latin letters without their accents ("é" is "e", "ß" is "ss"), full-width letters and
// typographic quotes as their ASCII; UTF-8 that was taken for Latin-1 on its way is put right; what
// is not UTF-8 is '?'. White space of any kind and length is one space. An address is "@": its
// words are its owner's, not the server's. Codes that are known already, and are repeated on each
// line of a reply ("550-5.7.1 ... 550 5.7.1 ..."), are gone.
// Pure, linear; any thread.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace postrider::bounce {

/// Replaces `out` by the normal form of the first `longest` bytes of `text`. `out` becomes at most
/// as long as these, and keeps its memory. `code` and `enhanced` (empty: none) are those to leave
/// out.
void normalise(std::string_view text, std::size_t longest, int code, std::string_view enhanced,
               std::string& out);

/// The base letters of a Latin letter with an accent or of a ligature ("e", "ss"); empty for any
/// other character.
std::string_view base_letters(char32_t letter);

/// The one character that stands for `character` in a normal form where base_letters() has none;
/// 0: it says nothing and is left out.
char32_t plain_character(char32_t character);

/// Takes the character at the front of `text`, which is not empty; a byte that is not UTF-8 is '?'.
char32_t take_character(std::string_view& text);
void append_utf8(std::string& out, char32_t character);

}  // namespace postrider::bounce
