// The charset of a text part: where its bytes are ASCII, and what they mean.
//
// Pages are scanned as bytes, so what counts is whether a byte that looks like "<" or "\"" is one.
// Most charsets keep ASCII: single-byte ones, UTF-8, EUC, and Shift_JIS, Big5, GBK, GB18030, whose
// second bytes are never one of  " & ' < = > / or a space. ISO-2022-JP changes what bytes mean by
// escape sequences, which are followed; UTF-16 is read by units. The rest (UTF-7, HZ, UTF-32,
// EBCDIC, other ISO-2022) is not understood, and such a part left alone.
//
// Labels as browsers take them (Encoding standard): iso-8859-1 and us-ascii are windows-1252. What
// the C library's iconv() can't convert is nothing. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace postrider::track {

class Charset {
 public:
  enum class Layout : std::uint8_t { ascii, shifting, utf16le, utf16be, unreadable };

  /// Of the label in a Content-Type; empty where there is none, and then `bytes` are looked at.
  static Charset of(std::string_view label, std::string_view bytes);

  Layout layout() const { return layout_; }
  std::size_t unit_bytes() const {
    return layout_ == Layout::utf16le || layout_ == Layout::utf16be ? 2 : 1;
  }

  /// One byte for each unit of `bytes`: itself where it is ASCII, else one beyond ASCII. Empty
  /// (not a copy) where `bytes` can be looked at as they are. Nothing: the part is left alone.
  std::optional<std::string> as_ascii(std::string_view bytes) const;

  std::optional<std::string> to_utf8(std::string_view bytes) const;

  /// A query's text as browsers send it from a page of this charset: in the charset's bytes,
  /// those outside of ASCII and those that a query can't hold percent-encoded; a character that it
  /// lacks as "&#N;" (URL standard, 4.2, percent-encode after encoding).
  std::string encode_query(std::string_view utf8) const;

 private:
  Layout layout_ = Layout::ascii;
  std::string iconv_name_;  ///< "UTF-8", "WINDOWS-1252", ...
};

/// Percent-encodes what is not printable ASCII, spaces, and each of `also`.
void append_percent(std::string& out, std::string_view bytes, std::string_view also);

}  // namespace postrider::track
