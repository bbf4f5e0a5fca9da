#include "bounce/charset.h"

#include <algorithm>
#include <array>
#include <iconv.h>
#include <optional>

#include "base/hex_digit.h"
#include "base/text.h"

namespace postrider::bounce {
namespace {

/// iconv's own name for a character set that we let it read; null for all others. In lower case.
const char* known_charset(std::string_view charset) {
  struct Known {
    std::string_view name;
    const char* reader;
  };
  // What labels are used for, not what they say: senders of "gb2312" and "iso-8859-1" mean the
  // larger sets (as the WHATWG's Encoding Standard has it).
  static constexpr auto kKnown = std::to_array<Known>({
      {"iso-8859-1", "WINDOWS-1252"},
      {"iso8859-1", "WINDOWS-1252"},
      {"latin1", "WINDOWS-1252"},
      {"iso-8859-2", "ISO-8859-2"},
      {"iso-8859-3", "ISO-8859-3"},
      {"iso-8859-4", "ISO-8859-4"},
      {"iso-8859-5", "ISO-8859-5"},
      {"iso-8859-6", "ISO-8859-6"},
      {"iso-8859-7", "ISO-8859-7"},
      {"iso-8859-8", "ISO-8859-8"},
      {"iso-8859-8-i", "ISO-8859-8"},
      {"iso-8859-9", "WINDOWS-1254"},
      {"iso-8859-10", "ISO-8859-10"},
      {"iso-8859-13", "ISO-8859-13"},
      {"iso-8859-14", "ISO-8859-14"},
      {"iso-8859-15", "ISO-8859-15"},
      {"iso-8859-16", "ISO-8859-16"},
      {"windows-1250", "WINDOWS-1250"},
      {"windows-1251", "WINDOWS-1251"},
      {"windows-1252", "WINDOWS-1252"},
      {"windows-1253", "WINDOWS-1253"},
      {"windows-1254", "WINDOWS-1254"},
      {"windows-1255", "WINDOWS-1255"},
      {"windows-1256", "WINDOWS-1256"},
      {"windows-1257", "WINDOWS-1257"},
      {"windows-1258", "WINDOWS-1258"},
      {"windows-874", "CP874"},
      {"tis-620", "CP874"},
      {"koi8-r", "KOI8-R"},
      {"koi8-u", "KOI8-U"},
      {"cp866", "CP866"},
      {"cp1251", "WINDOWS-1251"},
      {"cp1250", "WINDOWS-1250"},
      {"cp1252", "WINDOWS-1252"},
      {"iso-2022-jp", "ISO-2022-JP"},
      {"euc-jp", "EUC-JP"},
      {"shift_jis", "CP932"},
      {"shift-jis", "CP932"},
      {"sjis", "CP932"},
      {"windows-31j", "CP932"},
      {"x-sjis", "CP932"},
      {"cp932", "CP932"},
      {"gb2312", "GB18030"},
      {"gbk", "GB18030"},
      {"x-gbk", "GB18030"},
      {"cp936", "GB18030"},
      {"eucgb2312_cn", "GB18030"},
      {"gb18030", "GB18030"},
      {"big5", "BIG5"},
      {"big5-hkscs", "BIG5-HKSCS"},
      {"big5_tw", "BIG5"},
      {"euc-kr", "CP949"},
      {"ks_c_5601-1987", "CP949"},
      {"utf-16", "UTF-16"},
      {"utf-16le", "UTF-16LE"},
  });
  const auto found = std::ranges::find(kKnown, charset, &Known::name);
  return found == kKnown.end() ? nullptr : found->reader;
}

class Converter {
 public:
  explicit Converter(const char* charset) : handle_(::iconv_open("UTF-8", charset)) {}
  Converter(const Converter&) = delete;
  Converter& operator=(const Converter&) = delete;
  ~Converter() {
    if (is_open()) {
      ::iconv_close(handle_);
    }
  }
  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  struct Converted {
    std::string text;
    std::size_t bad = 0;  ///< bytes that could not be read
  };
  Converted convert(std::string_view bytes) {
    Converted result;
    std::array<char, 4096> buffer{};
    char* from = const_cast<char*>(bytes.data());  // NOLINT: iconv does not write there
    std::size_t left = bytes.size();
    while (left > 0) {
      char* to = buffer.data();
      std::size_t room = buffer.size();
      const bool done = ::iconv(handle_, &from, &left, &to, &room) != static_cast<std::size_t>(-1);
      result.text.append(buffer.data(), buffer.size() - room);
      if (!done && errno != E2BIG) {
        result.text.push_back('?');
        ++result.bad;
        ++from;
        --left;
      }
    }
    return result;
  }

 private:
  iconv_t handle_;
};

std::optional<Converter::Converted> converted(std::string_view bytes, const char* charset) {
  Converter converter(charset);
  return converter.is_open() ? std::optional(converter.convert(bytes)) : std::nullopt;
}

std::string readable(std::string_view bytes) {
  if (is_utf8(bytes)) {
    return std::string(bytes);
  }
  auto western = converted(bytes, "WINDOWS-1252");
  return western ? std::move(western->text) : printable(bytes, bytes.size() * 3);
}

/// Text of Japanese mails is mislabelled among the three encodings of Japanese.
std::string read_japanese(std::string_view bytes, const char* declared) {
  std::optional<Converter::Converted> best;
  for (const char* charset : {declared, "ISO-2022-JP", "EUC-JP", "CP932"}) {
    auto next = converted(bytes, charset);
    if (next && (!best || next->bad < best->bad)) {
      best = std::move(next);
    }
    if (best && best->bad == 0) {
      break;
    }
  }
  return best ? std::move(best->text) : readable(bytes);
}

std::string decode_base64_leniently(std::string_view body, std::size_t most) {
  std::string out;
  std::uint32_t held = 0;
  int bits = 0;
  for (const char c : body) {
    unsigned value = 0;
    if (c >= 'A' && c <= 'Z') {
      value = static_cast<unsigned>(c - 'A');
    } else if (c >= 'a' && c <= 'z') {
      value = static_cast<unsigned>(c - 'a' + 26);
    } else if (is_digit(c)) {
      value = static_cast<unsigned>(c - '0' + 52);
    } else if (c == '+' || c == '-') {
      value = 62;
    } else if (c == '/' || c == '_') {
      value = 63;
    } else {
      continue;
    }
    held = held << 6 | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      out.push_back(static_cast<char>(held >> bits & 0xFF));
      if (out.size() >= most) {
        break;
      }
    }
  }
  return out;
}

/// `underscore_is_space`: as in encoded words (RFC 2047, 4.2).
std::string decode_quoted_printable(std::string_view body, std::size_t most,
                                    bool underscore_is_space) {
  std::string out;
  for (std::size_t i = 0; i < body.size() && out.size() < most; ++i) {
    const char c = body[i];
    if (c == '_' && underscore_is_space) {
      out.push_back(' ');
      continue;
    }
    if (c != '=') {
      out.push_back(c);
      continue;
    }
    const auto rest = body.substr(i + 1);
    const auto high = rest.size() >= 2 ? hex_digit(rest[0]) : std::nullopt;
    const auto low = rest.size() >= 2 ? hex_digit(rest[1]) : std::nullopt;
    const std::size_t white = std::min(rest.find_first_not_of(" \t\r"), rest.size());
    if (high && low) {
      out.push_back(static_cast<char>(*high << 4 | *low));
      i += 2;
    } else if (white < rest.size() && rest[white] == '\n') {
      i += white + 1;  // a soft line break
    } else {
      out.push_back('=');
    }
  }
  return out;
}

struct EncodedWord {
  std::string text;
  std::size_t size = 0;  ///< of the word as it stands
};

/// "=?charset*language?B?...?=" at the start of `text`.
std::optional<EncodedWord> read_word(std::string_view text) {
  constexpr std::size_t kLongest = 1000;  // RFC 2047 has 75; senders do not
  const auto charset_end = text.find('?', 2);
  if (charset_end == std::string_view::npos || charset_end + 2 >= text.size() ||
      text[charset_end + 2] != '?') {
    return std::nullopt;
  }
  const char encoding = to_lower(text[charset_end + 1]);
  const auto end = text.substr(0, kLongest).find("?=", charset_end + 3);
  if (end == std::string_view::npos || (encoding != 'b' && encoding != 'q')) {
    return std::nullopt;
  }
  std::string_view charset = text.substr(2, charset_end - 2);
  charset = charset.substr(0, charset.find('*'));
  const std::string_view content = text.substr(charset_end + 3, end - charset_end - 3);
  const std::string bytes = encoding == 'b' ? decode_base64_leniently(content, kLongest)
                                            : decode_quoted_printable(content, kLongest, true);
  return EncodedWord{.text = to_utf8(bytes, charset), .size = end + 2};
}

}  // namespace

std::string to_utf8(std::string_view bytes, std::string_view charset) {
  const bool shifts = bytes.find("\x1B$") != std::string_view::npos;
  if (!shifts && is_ascii(bytes) && !lower(charset).starts_with("utf-16")) {
    return std::string(bytes);
  }
  // Hardly ever valid by accident, and declared as all sorts of things.
  if (!shifts && is_utf8(bytes) && bytes.find('\0') == std::string_view::npos) {
    return std::string(bytes);
  }
  const char* reader = known_charset(lower(trim(charset)));
  const std::string_view name = reader == nullptr ? "" : reader;
  if (shifts || name == "ISO-2022-JP" || name == "EUC-JP" || name == "CP932") {
    return read_japanese(bytes, shifts || reader == nullptr ? "ISO-2022-JP" : reader);
  }
  if (reader == nullptr) {
    return readable(bytes);
  }
  auto read = converted(bytes, reader);
  return read ? std::move(read->text) : readable(bytes);
}

std::string decode_transfer(std::string_view body, std::string_view encoding, std::size_t most) {
  const std::string name = lower(trim(encoding));
  if (name == "base64") {
    return decode_base64_leniently(body, most);
  }
  if (name == "quoted-printable") {
    return decode_quoted_printable(body, most, false);
  }
  return std::string(body.substr(0, most));
}

std::string decode_words(std::string_view value) {
  std::string out;
  bool after_word = false;
  std::size_t blank = 0;  // where white space behind a word began in `out`
  for (std::size_t i = 0; i < value.size();) {
    const auto word = value.substr(i).starts_with("=?") ? read_word(value.substr(i)) : std::nullopt;
    if (word) {
      if (after_word) {
        out.resize(blank);  // white space between two encoded words is not shown
      }
      out += word->text;
      i += word->size;
      after_word = true;
      blank = out.size();
      continue;
    }
    const char c = value[i++];
    if (c == '\r' || c == '\n') {
      continue;
    }
    after_word = after_word && (c == ' ' || c == '\t');
    out.push_back(c == '\t' ? ' ' : c);
  }
  return is_utf8(out) ? out : readable(out);
}

}  // namespace postrider::bounce
