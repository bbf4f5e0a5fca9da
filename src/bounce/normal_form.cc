#include "bounce/normal_form.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "base/utf8.h"

namespace postrider::bounce {
namespace {

struct Fold {
  char32_t first;
  char32_t last;
  std::string_view letters;
};

// Latin-1 and Latin Extended-A, by runs of characters with the same base. Sorted.
constexpr auto kFolds = std::to_array<Fold>({
    {0xC0, 0xC5, "a"},   {0xC6, 0xC6, "ae"},  {0xC7, 0xC7, "c"},    {0xC8, 0xCB, "e"},
    {0xCC, 0xCF, "i"},   {0xD0, 0xD0, "d"},   {0xD1, 0xD1, "n"},    {0xD2, 0xD6, "o"},
    {0xD8, 0xD8, "o"},   {0xD9, 0xDC, "u"},   {0xDD, 0xDD, "y"},    {0xDE, 0xDE, "th"},
    {0xDF, 0xDF, "ss"},  {0xE0, 0xE5, "a"},   {0xE6, 0xE6, "ae"},   {0xE7, 0xE7, "c"},
    {0xE8, 0xEB, "e"},   {0xEC, 0xEF, "i"},   {0xF0, 0xF0, "d"},    {0xF1, 0xF1, "n"},
    {0xF2, 0xF6, "o"},   {0xF8, 0xF8, "o"},   {0xF9, 0xFC, "u"},    {0xFD, 0xFD, "y"},
    {0xFE, 0xFE, "th"},  {0xFF, 0xFF, "y"},   {0x100, 0x105, "a"},  {0x106, 0x10D, "c"},
    {0x10E, 0x111, "d"}, {0x112, 0x11B, "e"}, {0x11C, 0x123, "g"},  {0x124, 0x127, "h"},
    {0x128, 0x131, "i"}, {0x134, 0x135, "j"}, {0x136, 0x138, "k"},  {0x139, 0x142, "l"},
    {0x143, 0x14B, "n"}, {0x14C, 0x151, "o"}, {0x152, 0x153, "oe"}, {0x154, 0x159, "r"},
    {0x15A, 0x161, "s"}, {0x162, 0x167, "t"}, {0x168, 0x173, "u"},  {0x174, 0x175, "w"},
    {0x176, 0x178, "y"}, {0x179, 0x17E, "z"}, {0x218, 0x219, "s"},  {0x21A, 0x21B, "t"},
});

// What Windows-1252 makes of the bytes 0x80 to 0x9F; 0: of none.
constexpr std::array<char16_t, 32> kWindows1252{
    0x20AC, 0,      0x201A, 0x0192, 0x201E, 0x2026, 0x2020, 0x2021, 0x02C6, 0x2030, 0x0160,
    0x2039, 0x0152, 0,      0x017D, 0,      0,      0x2018, 0x2019, 0x201C, 0x201D, 0x2022,
    0x2013, 0x2014, 0x02DC, 0x2122, 0x0161, 0x203A, 0x0153, 0,      0x017E, 0x0178};

/// The byte that Latin-1 or Windows-1252 reads as `character`; 0: none above ASCII.
unsigned char byte_of(char32_t character) {
  if (character >= 0x80 && character <= 0xFF) {
    return static_cast<unsigned char>(character);
  }
  const auto found = std::ranges::find(kWindows1252, character);
  return character < 0x80 || found == kWindows1252.end()
             ? 0
             : static_cast<unsigned char>(0x80 + (found - kWindows1252.begin()));
}

/// UTF-8 that was read as Latin-1 and written as UTF-8 once more: the character that `first` and
/// what follows in `text` once were, and then they are taken; else `first`.
char32_t unmangle(char32_t first, std::string_view& text) {
  if (first < 0xC2 || first > 0xF4) {
    return first;
  }
  std::array<char, 4> bytes{static_cast<char>(first)};
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  std::string_view rest = text;
  for (std::size_t i = 1; i < length; ++i) {
    const unsigned char byte = rest.empty() ? 0 : byte_of(take_character(rest));
    if (byte < 0x80 || byte > 0xBF) {
      return first;
    }
    bytes[i] = static_cast<char>(byte);
  }
  std::string_view once(bytes.data(), length);
  if (utf8_length(once) != length) {
    return first;
  }
  text = rest;
  return take_character(once);
}

/// Without the slash, which RFC 5321 allows: it stands in URLs more often than in addresses.
bool is_of_local_part(char c) {
  return is_alpha(c) || is_digit(c) || (c & 0x80) != 0 ||
         std::string_view("._%+=-*!#$&^{}|~?").contains(c);
}

bool is_of_domain(char c) {
  return is_alpha(c) || is_digit(c) || c == '.' || c == '-' || c == '_' || c == '*';
}

/// The text grows character by character; words that say nothing are taken back when they end.
class Form {
 public:
  Form(int code, std::string_view enhanced, std::string& out) : enhanced_(enhanced), out_(out) {
    if (code != 0) {
      code_ = {static_cast<char>('0' + code / 100 % 10), static_cast<char>('0' + code / 10 % 10),
               static_cast<char>('0' + code % 10)};
    }
    out_.clear();
  }

  void add(char c) {
    if (in_domain_ && is_of_domain(c) && !(c == '.' && last_ == '.')) {
      last_ = c;
      return;
    }
    in_domain_ = false;
    if (static_cast<unsigned char>(c) <= ' ' || c == 0x7F) {
      end_word();
      return;
    }
    if (c == '@') {
      take_back_local_part();
    }
    out_.push_back(c);
    in_domain_ = c == '@';
    last_ = c;
  }

  void finish() {
    end_word();
    while (out_.ends_with(' ')) {
      out_.pop_back();
    }
  }

 private:
  void take_back_local_part() {
    while (out_.size() > word_ && is_of_local_part(out_.back())) {
      out_.pop_back();
    }
  }

  /// "550", "550-5.7.1", "5.7.1", "550-text" and "550:" where these are the codes.
  void drop_codes() {
    std::string_view word = std::string_view(out_).substr(word_);
    const std::size_t length = word.size();
    if (code_[0] != 0 && word.starts_with(std::string_view(code_.data(), code_.size()))) {
      if (word.size() == code_.size()) {
        word = {};
      } else if (word[3] == '-' || word[3] == ':') {
        word.remove_prefix(4);
      }
    }
    if (!enhanced_.empty() &&
        (word == enhanced_ ||
         (word.ends_with(':') && word.substr(0, word.size() - 1) == enhanced_))) {
      word = {};
    }
    out_.erase(word_, length - word.size());
  }

  void end_word() {
    drop_codes();
    if (out_.size() > word_) {
      out_.push_back(' ');
    }
    word_ = out_.size();
  }

  std::array<char, 3> code_{};
  std::string_view enhanced_;
  std::string& out_;
  std::size_t word_ = 0;  ///< where the last word begins
  bool in_domain_ = false;
  char last_ = 0;  ///< of the address: two dots end a domain ("ann@example.com...User unknown")
};

}  // namespace

std::string_view base_letters(char32_t letter) {
  const auto after = std::ranges::upper_bound(kFolds, letter, {}, &Fold::first);
  if (after == kFolds.begin() || letter > std::prev(after)->last) {
    return {};
  }
  return std::prev(after)->letters;
}

char32_t plain_character(char32_t c) {
  if (c < 0x80) {
    return static_cast<char32_t>(to_lower(static_cast<char>(c)));
  }
  if ((c >= 0x300 && c <= 0x36F) || (c >= 0x200B && c <= 0x200F) || c == 0xAD || c == 0xFEFF) {
    return 0;  // accents that stand alone, joiners, soft hyphens
  }
  if (c >= 0x410 && c <= 0x42F) {
    return c + 0x20;
  }
  if (c == 0x401 || c == 0x451) {
    return 0x435;  // the dots on a Russian e are optional
  }
  if (c >= 0x400 && c <= 0x40F) {
    return c + 0x50;
  }
  if (c >= 0xFF01 && c <= 0xFF5E) {
    return plain_character(c - 0xFEE0);
  }
  switch (c) {
    case 0x85:
    case 0xA0:
    case 0x3000:
      return ' ';
    case 0x2018:
    case 0x2019:
    case 0xB4:
      return '\'';
    case 0x201C:
    case 0x201D:
    case 0xAB:
    case 0xBB:
      return '"';
    case 0x2013:
    case 0x2014:
      return '-';
    case 0xFFFD:
      return '?';
    default:
      return c >= 0x2000 && c <= 0x200A ? ' ' : c;
  }
}

char32_t take_character(std::string_view& text) {
  const std::size_t length = utf8_length(text);
  const auto at = [&](std::size_t i) {
    return static_cast<char32_t>(static_cast<unsigned char>(text[i]));
  };
  char32_t character = '?';
  if (length == 1) {
    character = at(0);
  } else if (length > 1) {
    character = at(0) & (0x7FU >> length);
    for (std::size_t i = 1; i < length; ++i) {
      character = character << 6U | (at(i) & 0x3F);
    }
  }
  text.remove_prefix(std::max<std::size_t>(length, 1));
  return character;
}

void append_utf8(std::string& out, char32_t character) {
  const auto tail = [&](unsigned shift) {
    out.push_back(static_cast<char>(0x80 | ((character >> shift) & 0x3F)));
  };
  if (character < 0x80) {
    out.push_back(static_cast<char>(character));
  } else if (character < 0x800) {
    out.push_back(static_cast<char>(0xC0 | (character >> 6U)));
    tail(0);
  } else if (character < 0x10000) {
    out.push_back(static_cast<char>(0xE0 | (character >> 12U)));
    tail(6);
    tail(0);
  } else {
    out.push_back(static_cast<char>(0xF0 | (character >> 18U)));
    tail(12);
    tail(6);
    tail(0);
  }
}

void normalise(std::string_view text, std::size_t longest, int code, std::string_view enhanced,
               std::string& out) {
  text = text.substr(0, longest);
  Form form(code, enhanced, out);
  std::string bytes;
  while (!text.empty()) {
    const auto front = static_cast<unsigned char>(text.front());
    if (front < 0x80) {
      form.add(to_lower(text.front()));
      text.remove_prefix(1);
      continue;
    }
    const char32_t first = take_character(text);
    const char32_t character = unmangle(first, text);
    if (const std::string_view letters = base_letters(character); !letters.empty()) {
      std::ranges::for_each(letters, [&](char c) { form.add(c); });
    } else if (const char32_t folded = plain_character(character); folded != 0) {
      bytes.clear();
      append_utf8(bytes, folded);
      std::ranges::for_each(bytes, [&](char c) { form.add(c); });
    }
  }
  form.finish();
}

}  // namespace postrider::bounce
