// A message's header section: reading fields and editing lines without touching any other byte.
//
// RFC 5322 (2.2 fields and folding, 3.6 the fields), RFC 6854 (groups in From), RFC 6532 (UTF-8).
// Lenient in reading (a malformed line is a line without a name), exact in writing: an edit adds or
// removes whole lines. Pure; any thread. Views point into the message.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"
#include "mail/address.h"

namespace postrider::mail {

/// One field as it stands, its folded lines included.
struct Field {
  std::string_view name;   ///< without the colon and spaces before it; empty: not a field line
  std::string_view value;  ///< behind the colon, as it stands, without the last CRLF
  std::string_view whole;  ///< from the name to the last CRLF, both included
  std::size_t offset = 0;  ///< of `whole` in the message
};

/// A message split at its first empty line.
struct Sections {
  std::vector<Field> fields;
  std::string_view header;  ///< all field lines, without the empty line
  std::string_view body;    ///< behind the empty line; empty if there is none
  bool has_separator = false;
};
Sections split_message(std::string_view message);

/// Case does not matter. Null if there is none; the first if there are many.
const Field* find_field(const std::vector<Field>& fields, std::string_view name);
std::size_t count_fields(const std::vector<Field>& fields, std::string_view name);

/// Unfolded, comments kept, outer white space trimmed.
std::string unfold(std::string_view value);

/// All addresses of an address-list value (From, To, ...), comments, display names, groups and
/// encoded words understood. Errc::invalid names what can't be read, or says that there are more
/// than `most`.
Result<std::vector<Address>> parse_address_list(std::string_view value, std::size_t most = 10'000);

/// "Tue, 24 Nov 2026 05:52:12 +0000".
std::string format_date(Time time);

/// For control of what may stand in a header line of ours: no CR, LF or NUL.
bool is_header_safe(std::string_view text);

/// Facts about the bytes of a message that delivery asks for again and again; one pass.
struct ContentFacts {
  bool has_eight_bit_header = false;
  bool has_eight_bit_body = false;
  bool has_dot_lines = false;    ///< some line begins with a dot
  std::size_t longest_line = 0;  ///< without CRLF
};
ContentFacts inspect(std::string_view message);

}  // namespace postrider::mail
