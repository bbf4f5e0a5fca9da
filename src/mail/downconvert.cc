#include "mail/downconvert.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "base/text.h"
#include "mail/header.h"
#include "mail/media_type.h"
#include "mail/transfer_encoding.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kDeepestPart = 32;
constexpr std::string_view kEncodingName = "Content-Transfer-Encoding";

/// A message or a part of one: its header and what its header says.
struct Entity {
  Sections sections;
  MediaType media;
  std::string encoding;  ///< lower case; "7bit" if none is given
  bool is_message = false;
};

Result<std::string> convert(std::string_view text, const MediaType& default_media, bool is_message,
                            std::size_t depth);

std::unexpected<Error> refuse(std::string why) {
  return fail(Errc::invalid, std::move(why));
}

const MediaType& plain_text() {
  static const MediaType plain{.type = "text", .subtype = "plain", .boundary = {}, .charset = {}};
  return plain;
}

const MediaType& whole_message() {
  static const MediaType message{
      .type = "message", .subtype = "rfc822", .boundary = {}, .charset = {}};
  return message;
}

/// The value without comments and white space: "8bit".
std::string simple_value(const Field& field) {
  std::string value = lower(unfold(field.value));
  const auto end = value.find_first_of(" \t;(");
  return value.substr(0, end);
}

Result<Entity> read_entity(std::string_view text, const MediaType& default_media, bool is_message) {
  Entity entity{.sections = split_message(text),
                .media = default_media,
                .encoding = "7bit",
                .is_message = is_message};
  const auto& fields = entity.sections.fields;
  if (count_fields(fields, kEncodingName) > 1 || count_fields(fields, "Content-Type") > 1) {
    return refuse("a part has two encodings or two content types");
  }
  if (const Field* type = find_field(fields, "Content-Type")) {
    TRY(entity.media, parse_media_type(type->value));
  }
  if (const Field* encoding = find_field(fields, kEncodingName)) {
    entity.encoding = simple_value(*encoding);
  }
  return entity;
}

bool is_plain_encoding(std::string_view encoding) {
  return encoding == "7bit" || encoding == "8bit" || encoding == "binary";
}

/// All fields but the encoding, as they stand, then what is new (no encoding if it is empty). MIME
/// fields mean nothing in a message without MIME-Version.
std::string header_with(const Entity& entity, std::string_view encoding) {
  std::string out;
  const auto& fields = entity.sections.fields;
  for (const Field& field : fields) {
    if (!equal_ignoring_case(field.name, kEncodingName)) {
      out += field.whole;
    }
  }
  if (entity.is_message && find_field(fields, "MIME-Version") == nullptr) {
    out += "MIME-Version: 1.0\r\n";
  }
  if (entity.is_message && find_field(fields, "Content-Type") == nullptr) {
    // RFC 1428, 3: a name for a character set that nobody named.
    const bool has_utf8 = is_utf8(entity.sections.body);
    out += "Content-Type: text/plain; charset=";
    out += has_utf8 ? "utf-8\r\n" : "unknown-8bit\r\n";
  }
  if (!encoding.empty()) {
    out += std::string(kEncodingName) + ": " + std::string(encoding) + "\r\n";
  }
  return out + "\r\n";
}

/// Of an entity that holds others, which are 7-bit now.
std::string composite_header(const Entity& entity) {
  const bool was_given = count_fields(entity.sections.fields, kEncodingName) > 0;
  return header_with(entity, was_given ? "7bit" : "");
}

/// Text takes the shorter encoding; what is not text keeps every byte only in base64.
Result<std::string> convert_leaf(const Entity& entity) {
  const std::string_view body = entity.sections.body;
  if (!is_plain_encoding(entity.encoding)) {
    return refuse("a part that says it is encoded as " + printable(entity.encoding, 40) +
                  " has 8-bit bytes");
  }
  const auto codes = std::ranges::count_if(
      body, [](char c) { return c == '=' || static_cast<unsigned char>(c) >= 0x7F; });
  if (entity.media.type == "text" && static_cast<std::size_t>(codes) * 6 < body.size()) {
    return header_with(entity, "quoted-printable") + encode_quoted_printable(body);
  }
  // The line end behind it: a part's own stands in front of the boundary, a message has none
  // otherwise.
  return header_with(entity, "base64") + encode_base64_lines(body) +
         (entity.is_message ? "\r\n" : "");
}

/// A line of a multipart that parts it.
struct Delimiter {
  std::size_t begin = 0;  ///< of the line
  std::size_t end = 0;    ///< behind its line end
  bool is_last = false;
};

/// Whether `line` (without its end) is one for `boundary`, which is exact: another may begin with
/// it.
std::optional<bool> last_delimiter(std::string_view line, std::string_view boundary) {
  if (!line.starts_with("--") || !line.substr(2).starts_with(boundary)) {
    return std::nullopt;
  }
  const std::string_view rest = trim(line.substr(2 + boundary.size()));
  return rest.empty() || rest == "--" ? std::optional(rest == "--") : std::nullopt;
}

std::vector<Delimiter> find_delimiters(std::string_view body, std::string_view boundary) {
  std::vector<Delimiter> found;
  for (std::size_t at = 0; at < body.size();) {
    const std::size_t end = std::min(body.find('\n', at), body.size() - 1) + 1;
    if (const auto is_last = last_delimiter(body.substr(at, end - at), boundary)) {
      found.push_back({.begin = at, .end = end, .is_last = *is_last});
      if (*is_last) {
        break;
      }
    }
    at = end;
  }
  return found;
}

/// Readers ignore what stands around the parts (RFC 2046, 5.1.1), so that it may go.
std::string_view seven_bit_or_nothing(std::string_view text) {
  const ContentFacts facts = inspect(text);
  return facts.has_eight_bit_header || facts.has_eight_bit_body ? std::string_view() : text;
}

Result<std::string> convert_multipart(const Entity& entity, std::size_t depth) {
  const std::string_view body = entity.sections.body;
  const auto delimiters = entity.media.boundary.empty()
                              ? std::vector<Delimiter>()
                              : find_delimiters(body, entity.media.boundary);
  if (delimiters.empty() || delimiters.front().is_last) {
    return refuse("a multipart has no parts");
  }
  const MediaType& default_media =
      entity.media.subtype == "digest" ? whole_message() : plain_text();
  std::string out = composite_header(entity);
  out += seven_bit_or_nothing(body.substr(0, delimiters.front().begin));
  for (std::size_t i = 0; i < delimiters.size(); ++i) {
    const Delimiter& delimiter = delimiters[i];
    out += body.substr(delimiter.begin, delimiter.end - delimiter.begin);
    if (delimiter.is_last) {
      out += seven_bit_or_nothing(body.substr(delimiter.end));
      break;
    }
    const std::size_t next = i + 1 < delimiters.size() ? delimiters[i + 1].begin : body.size();
    const std::string_view with_end = body.substr(delimiter.end, next - delimiter.end);
    // The line end in front of a delimiter belongs to the delimiter.
    const bool has_end = i + 1 < delimiters.size() && with_end.ends_with("\r\n");
    const std::string_view part = with_end.substr(0, with_end.size() - (has_end ? 2 : 0));
    TRY(const std::string converted, convert(part, default_media, false, depth + 1));
    out += converted;
    out += has_end ? "\r\n" : "";
  }
  return out;
}

Result<std::string> convert_composite(const Entity& entity, std::size_t depth) {
  if (!is_plain_encoding(entity.encoding)) {
    return refuse("a part that holds others is encoded as " + printable(entity.encoding, 40));
  }
  if (entity.media.is("multipart", "signed")) {
    return refuse("a signed part has 8-bit bytes, and must not be changed");
  }
  if (entity.media.type == "multipart") {
    return convert_multipart(entity, depth);
  }
  if (!entity.media.is("message", "rfc822")) {
    return refuse("a part of type message/" + printable(entity.media.subtype, 40) +
                  " has 8-bit bytes, and can't be encoded");
  }
  TRY(const std::string inner, convert(entity.sections.body, plain_text(), true, depth + 1));
  return composite_header(entity) + inner;
}

Result<std::string> convert(std::string_view text, const MediaType& default_media, bool is_message,
                            std::size_t depth) {
  const ContentFacts facts = inspect(text);
  if (facts.has_eight_bit_header) {
    return refuse("a header has 8-bit bytes");
  }
  if (!facts.has_eight_bit_body) {
    return std::string(text);
  }
  if (depth > kDeepestPart) {
    return refuse("parts are nested too deep");
  }
  TRY(const Entity entity, read_entity(text, default_media, is_message));
  const bool is_composite = entity.media.type == "multipart" || entity.media.type == "message";
  return is_composite ? convert_composite(entity, depth) : convert_leaf(entity);
}

}  // namespace

Result<std::string> to_seven_bit(std::string_view message) {
  return convert(message, plain_text(), true, 0);
}

}  // namespace postrider::mail
