// What a request line asks for: the path and the query, decoded, and the other way round.
//
// RFC 9112, 3.2.1 (origin form); RFC 3986, 2.1 (percent encoding); in the query "+" is a space, as
// HTML forms write it. Pure; any thread. Errc::invalid: not an origin form, or a broken escape.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::http {

struct Target {
  std::string path;
  std::vector<std::string> segments;  ///< "/v1/queue" has two
  std::map<std::string, std::string> query;
};
Result<Target> parse_target(std::string_view text);

/// For a segment or a value of a query: everything but letters, digits and "-._~" is escaped.
std::string percent_encode(std::string_view text);

}  // namespace postrider::http
