// A report taken apart into its MIME parts, under bounds that no sender can widen.
//
// RFC 2045, 2046 (multipart, message), RFC 5322, 2.2 (fields). Written for mail that is broken:
// bare LF, an mbox line in front, a multipart without its boundary parameter, parts without a head,
// folded lines that have lost their space.
// Enclosed messages are not opened: a report names them as parts, and their own readers do the
// rest. Without recursion; work is linear in `bytes_most` times `depth_most`.
// Pure; any thread. All views point into the message.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bounce {

struct MimeLimits {
  std::size_t bytes_most = 16 << 20;  ///< of the message; what is behind them is not looked at
  std::size_t head_bytes_most = 512 << 10;  ///< of a part's head; fields behind them are not seen
  std::size_t fields_most = 1000;           ///< in a head
  std::size_t depth_most = 12;              ///< multiparts within each other
  std::size_t parts_most = 200;             ///< in all
};

struct MimeField {
  std::string_view name;   ///< as it stands
  std::string_view value;  ///< as it stands, still folded, outer white space trimmed
};

struct MimePart {
  std::vector<MimeField> fields;
  std::string_view body;
  std::string type = "text";  ///< lower case
  std::string subtype = "plain";
  std::string charset;
  std::string_view encoding;
  std::size_t depth = 0;
  bool is_typed = false;  ///< it has a Content-Type

  bool is(std::string_view wanted_type, std::string_view wanted_subtype) const {
    return type == wanted_type && subtype == wanted_subtype;
  }
  /// Still folded; empty if there is none, the first if there are many. Case does not matter.
  std::string_view field(std::string_view name) const;
};

struct MimeMessage {
  std::vector<MimePart> parts;  ///< at least one: the message itself; in the order of the text
  bool is_cut = false;          ///< some limit was reached
};
MimeMessage read_mime(std::string_view message, const MimeLimits& limits = {});

/// The fields at the start of `text`, and what is behind the empty line that ends them. Lines that
/// are no fields are passed over while `lenient`, else they begin the body.
struct MimeHead {
  std::vector<MimeField> fields;
  std::string_view body;
  bool is_cut = false;
};
MimeHead read_head(std::string_view text, bool lenient, const MimeLimits& limits = {});

/// Content of a text part as UTF-8, from no more than `most` bytes of it.
std::string text_of(const MimePart& part, std::size_t most);

/// The line at the front of `rest` without its end, of which `rest` is shortened.
std::string_view take_line(std::string_view& rest);

/// A parameter of a structured field ("boundary" of a Content-Type), unquoted; empty: none.
std::string_view parameter_of(std::string_view value, std::string_view name);

}  // namespace postrider::bounce
