// The leaf parts of a MIME message with their places in its bytes.
//
// RFC 2045, RFC 2046 (5.1 multipart, 5.1.2 nesting), RFC 2183 (Content-Disposition). One pass over
// the lines, no recursion; a line may end in LF alone. A message/rfc822 part is a leaf, as is every
// multipart whose content must not change: signed, encrypted, report. What readers could take in
// two ways (two content types, a boundary that never closes) is refused. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mail/media_type.h"

namespace postrider::mail {

struct MimeLimits {
  std::size_t depth = 100;  ///< of multiparts in one another
  std::size_t parts = 1000;
  std::size_t header_bytes = std::size_t{1} << 20;  ///< of all parts together
};

struct MimePart {
  MediaType media;
  std::string encoding;        ///< Content-Transfer-Encoding, lower case; "7bit" if none is given
  bool is_attachment = false;  ///< Content-Disposition: attachment
  bool is_ambiguous = false;   ///< two encodings
  std::size_t header_begin = 0;
  std::size_t body_begin = 0;
  std::size_t body_end = 0;  ///< without the line end that belongs to the next boundary
  /// Of the field Content-Transfer-Encoding with its line end; where it would go if it is missing.
  std::size_t encoding_begin = 0;
  std::size_t encoding_end = 0;
};

/// Errc::invalid says in a few words why the message can't be taken apart.
Result<std::vector<MimePart>> find_parts(std::string_view message, const MimeLimits& limits = {});

}  // namespace postrider::mail
