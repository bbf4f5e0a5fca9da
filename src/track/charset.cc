#include "track/charset.h"

#include <algorithm>
#include <array>
#include <iconv.h>

#include "base/text.h"
#include "base/utf8.h"

namespace postrider::track {
namespace {

constexpr std::string_view kQueryCoded = "\"#<>'";

class Conversion {
 public:
  Conversion(const std::string& to, const std::string& from)
      : handle_(iconv_open(to.c_str(), from.c_str())) {}
  Conversion(const Conversion&) = delete;
  Conversion& operator=(const Conversion&) = delete;
  ~Conversion() {
    if (is_open()) {
      iconv_close(handle_);
    }
  }

  bool is_open() const { return handle_ != reinterpret_cast<iconv_t>(-1); }

  /// Nothing if a byte of it can't be converted. From and to the initial state.
  std::optional<std::string> convert(std::string_view text) {
    constexpr std::size_t kGrowth = 8;  // an escape sequence before and behind one character
    std::string out(text.size() * 4 + kGrowth, '\0');
    char* in = const_cast<char*>(text.data());
    std::size_t in_left = text.size();
    char* at = out.data();
    std::size_t left = out.size();
    iconv(handle_, nullptr, nullptr, nullptr, nullptr);
    if (iconv(handle_, &in, &in_left, &at, &left) != 0 || in_left != 0 ||
        iconv(handle_, nullptr, nullptr, &at, &left) != 0) {
      return std::nullopt;  // also where it was converted to something similar
    }
    out.resize(out.size() - left);
    return out;
  }

 private:
  iconv_t handle_;
};

struct Label {
  std::string_view label;
  std::string_view iconv_name;
};
// Encoding standard, 4.2, where the label is another charset's name, or iconv() has another one.
constexpr std::array<Label, 24> kLabels{{{"us-ascii", "WINDOWS-1252"},
                                         {"ascii", "WINDOWS-1252"},
                                         {"ansi_x3.4-1968", "WINDOWS-1252"},
                                         {"iso-8859-1", "WINDOWS-1252"},
                                         {"iso8859-1", "WINDOWS-1252"},
                                         {"latin1", "WINDOWS-1252"},
                                         {"cp1252", "WINDOWS-1252"},
                                         {"iso-8859-9", "WINDOWS-1254"},
                                         {"iso-8859-11", "WINDOWS-874"},
                                         {"tis-620", "WINDOWS-874"},
                                         {"gb2312", "GB18030"},
                                         {"gbk", "GB18030"},
                                         {"x-gbk", "GB18030"},
                                         {"ks_c_5601-1987", "CP949"},
                                         {"euc-kr", "CP949"},
                                         {"shift_jis", "CP932"},
                                         {"shift-jis", "CP932"},
                                         {"x-sjis", "CP932"},
                                         {"big5", "BIG5-HKSCS"},
                                         {"utf8", "UTF-8"},
                                         {"iso-8859-8-i", "ISO-8859-8"},
                                         {"x-mac-cyrillic", "MAC-CYRILLIC"},
                                         {"unicode-1-1-utf-8", "UTF-8"},
                                         {"macintosh", "MACINTOSH"}}};

bool is_unreadable(std::string_view label) {
  constexpr std::array<std::string_view, 12> kPrefixes{
      "utf-7", "utf7", "unicode-1-1-utf-7", "x-imap", "utf-32", "utf32",
      "ucs-",  "hz",   "iso-2022-",         "ebcdic", "cp037",  "ibm037"};
  return std::ranges::any_of(kPrefixes, [&](auto prefix) { return label.starts_with(prefix); });
}

/// Whether every printable ASCII byte is itself. Shift_JIS has a yen sign for the backslash.
bool keeps_ascii(Conversion& conversion) {
  std::string printable_ascii;
  for (char c = ' '; c < '\x7F'; ++c) {
    if (c != '\\' && c != '~') {
      printable_ascii.push_back(c);
    }
  }
  return conversion.convert(printable_ascii) == printable_ascii;
}

std::string iconv_name(const std::string& label) {
  const auto found = std::ranges::find(kLabels, label, &Label::label);
  return found == kLabels.end() ? label : std::string(found->iconv_name);
}

std::string read_units(std::string_view bytes, bool is_big_endian) {
  std::string out;
  out.reserve(bytes.size() / 2);
  for (std::size_t i = 0; i + 1 < bytes.size(); i += 2) {
    const char high = bytes[i + (is_big_endian ? 0 : 1)];
    const char low = bytes[i + (is_big_endian ? 1 : 0)];
    const bool is_ascii_unit = high == 0 && static_cast<unsigned char>(low) < 0x80;
    out.push_back(is_ascii_unit ? low : '\x80');
  }
  return out;
}

/// ISO-2022-JP and its kin: RFC 1468. A line ends in ASCII; where one does not, what follows can be
/// read in two ways, and nothing is returned.
std::optional<std::string> follow_escapes(std::string_view bytes) {
  std::string out(bytes);
  bool is_ascii_set = true;
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const std::string_view rest = bytes.substr(i);
    if (bytes[i] == '\x1B') {
      const bool single = rest.starts_with("\x1B(");
      const bool is_double = rest.starts_with("\x1B$");
      if (rest.size() < 3 || (!single && !is_double)) {
        return std::nullopt;
      }
      is_ascii_set = single && (rest[2] == 'B' || rest[2] == 'J');
      const bool is_longer = is_double && rest[2] == '(';
      const std::size_t length = is_longer ? 4 : 3;
      for (std::size_t k = 0; k < length && i + k < out.size(); ++k) {
        out[i + k] = '\x80';
      }
      i += length - 1;
    } else if (!is_ascii_set && (bytes[i] == '\n' || bytes[i] == '\r')) {
      return std::nullopt;
    } else if (!is_ascii_set) {
      out[i] = '\x80';
    }
  }
  return is_ascii_set ? std::optional(out) : std::nullopt;
}

}  // namespace

Charset Charset::of(std::string_view label, std::string_view bytes) {
  Charset charset;
  std::string name = lower(trim(label));
  const bool has_escapes = bytes.find("\x1B$") != std::string_view::npos;
  if (name.empty() && has_escapes) {
    name = "iso-2022-jp";
  }
  if (name.empty()) {
    charset.iconv_name_ = is_utf8(bytes) ? "UTF-8" : "WINDOWS-1252";
    return charset;
  }
  if (name.starts_with("utf-16") || name.starts_with("utf16") || name == "unicode") {
    const bool has_big_mark = bytes.starts_with("\xFE\xFF");
    const bool says_big = name.ends_with("be");
    const bool is_big = has_big_mark || (says_big && !bytes.starts_with("\xFF\xFE"));
    charset.layout_ = is_big ? Layout::utf16be : Layout::utf16le;
    charset.iconv_name_ = is_big ? "UTF-16BE" : "UTF-16LE";
    return charset;
  }
  if (name.starts_with("iso-2022-jp")) {
    charset.layout_ = Layout::shifting;
    charset.iconv_name_ = "ISO-2022-JP";
    return charset;
  }
  charset.iconv_name_ = iconv_name(name);
  Conversion conversion("UTF-8", charset.iconv_name_);
  if (is_unreadable(name) || (conversion.is_open() && charset.iconv_name_ != "UTF-8" &&
                              charset.iconv_name_ != "WINDOWS-1252" && !keeps_ascii(conversion))) {
    charset.layout_ = Layout::unreadable;
  }
  return charset;
}

std::optional<std::string> Charset::as_ascii(std::string_view bytes) const {
  switch (layout_) {
    case Layout::ascii:
      return std::string();
    case Layout::shifting:
      return follow_escapes(bytes);
    case Layout::utf16le:
    case Layout::utf16be:
      return bytes.size() % 2 == 0 ? std::optional(read_units(bytes, layout_ == Layout::utf16be))
                                   : std::nullopt;
    case Layout::unreadable:
      break;
  }
  return std::nullopt;
}

std::optional<std::string> Charset::to_utf8(std::string_view bytes) const {
  if (layout_ == Layout::ascii && is_ascii(bytes)) {
    return std::string(bytes);
  }
  if (layout_ == Layout::ascii && iconv_name_ == "UTF-8") {
    return is_utf8(bytes) ? std::optional<std::string>(bytes) : std::nullopt;
  }
  Conversion conversion("UTF-8", iconv_name_);
  return conversion.is_open() ? conversion.convert(bytes) : std::nullopt;
}

std::string Charset::encode_query(std::string_view utf8) const {
  std::string out;
  const bool is_utf = iconv_name_ == "UTF-8" || unit_bytes() == 2;
  Conversion conversion(is_utf ? "UTF-8" : iconv_name_, "UTF-8");
  if (is_utf || is_ascii(utf8) || !conversion.is_open()) {
    append_percent(out, utf8, kQueryCoded);
    return out;
  }
  if (const auto all = conversion.convert(utf8)) {
    append_percent(out, *all, kQueryCoded);
    return out;
  }
  while (!utf8.empty()) {
    const std::string_view one = utf8.substr(0, std::max<std::size_t>(utf8_length(utf8), 1));
    utf8.remove_prefix(one.size());
    if (const auto bytes = conversion.convert(one)) {
      append_percent(out, *bytes, kQueryCoded);
    } else {
      Conversion to_number("UTF-32BE", "UTF-8");
      const auto units = to_number.convert(one);
      std::uint32_t number = 0;
      for (const char byte : units.value_or(std::string("\0\0\xFF\xFD", 4))) {
        number = number << 8 | static_cast<unsigned char>(byte);
      }
      out += "%26%23" + std::to_string(number) + "%3B";
    }
  }
  return out;
}

void append_percent(std::string& out, std::string_view bytes, std::string_view also) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  for (const char c : bytes) {
    if (c > ' ' && c < '\x7F' && also.find(c) == std::string_view::npos) {
      out.push_back(c);
    } else {
      const auto value = static_cast<unsigned char>(c);
      out += {'%', kDigits[value >> 4], kDigits[value & 15]};
    }
  }
}

}  // namespace postrider::track
