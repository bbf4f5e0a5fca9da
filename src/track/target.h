// Where a link leads: the URL that a browser would open, in the ASCII form that a Location field
// can hold; and which links are nobody's business but the sender's.
//
// URL standard (4.4 parsing of http and https): outer spaces and controls dropped, tabs and line
// ends inside too, user information and fragment kept, host in lower-case A-labels, path and
// fragment percent-encoded in UTF-8, query in the page's charset. Only "http://" and "https://" as
// written out: what parsers read differently ("http:x", "http:\\x", "//x") has no target, nor has
// template text in the place of a host. A bare "http://", which templates have where a link is
// missing, leads nowhere with or without us: it is a target, so that its sender sees it clicked.
// Pure; any thread.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "track/charset.h"

namespace postrider::track {

constexpr std::size_t kLongestTarget = 8192;

struct Target {
  std::string url;   ///< printable ASCII without spaces
  std::string host;  ///< lower case, without port; an IPv6 address in its brackets
  bool has_user = false;
};

/// Nothing: left alone. `value`: UTF-8, references decoded.
std::optional<Target> read_target(std::string_view value, const Charset& charset);

/// Postal's "https+notrack://": the length of "+notrack" and its place in `value`, undecoded.
struct NotrackMark {
  std::size_t at = 0;
  std::size_t size = 0;
};
std::optional<NotrackMark> find_notrack(std::string_view value);

}  // namespace postrider::track
