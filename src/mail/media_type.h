// The value of a Content-Type field: RFC 2045, 5.1. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::mail {

struct MediaType {
  std::string type;      ///< lower case: "multipart"
  std::string subtype;   ///< lower case: "mixed"
  std::string boundary;  ///< of a multipart, unquoted; empty if there is none
  std::string charset;   ///< as it stands, unquoted; empty if there is none

  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
};

/// Comments and folding understood. Errc::invalid if there is no type and subtype or two
/// boundaries; of two charsets the first counts.
Result<MediaType> parse_media_type(std::string_view value);

}  // namespace postrider::mail
