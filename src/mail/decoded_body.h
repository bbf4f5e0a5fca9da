// The content of a body in a transfer encoding, and where each of its bytes stands in the source.
//
// RFC 2045, 6.7 (quoted-printable; lower-case digits and white space behind a soft line end are
// taken) and 6.8 (base64; white space between its letters). What is not in the encoding is refused:
// readers guess differently. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::mail {

enum class TransferEncoding : std::uint8_t { identity, quoted_printable, base64 };

/// Of the field's value in lower case; Errc::invalid for an unknown one.
Result<TransferEncoding> read_encoding(std::string_view name);

class DecodedBody {
 public:
  /// `source` must outlive what is returned. Errc::invalid names what is wrong.
  static Result<DecodedBody> decode(std::string_view source, TransferEncoding encoding);

  std::string_view text() const { return has_own_ ? std::string_view(own_) : source_; }

  /// Where the byte number `at` of text() begins in the source; the source's size for the end. In
  /// base64 the letter that begins with it or holds its first bits.
  std::size_t source_of(std::size_t at) const;

  /// Where in the source the byte number `at` of text() ends, a soft line end behind it excluded.
  std::size_t source_end_of(std::size_t at) const;

 private:
  /// From `text_at` on, bytes stand one for one (or letters, in base64) from `source_at` on.
  struct Run {
    std::size_t text_at;  ///< base64: number of the letter
    std::size_t source_at;
  };

  Result<> decode_quoted_printable();
  Result<> decode_base64();
  const Run& run_of(std::size_t at) const;

  TransferEncoding encoding_ = TransferEncoding::identity;
  std::string_view source_;
  std::string own_;
  bool has_own_ = false;
  std::vector<Run> runs_;
};

}  // namespace postrider::mail
