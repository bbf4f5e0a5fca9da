// A second, slow and obvious reading of RFC 6376: relaxed canonicalisation as its text says it,
// step by step, and a verifier as a receiver has one. Shares no code with src/mail but base64.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace postrider::fuzz {

/// 3.4.4, with the hash's input as result.
std::string plain_relaxed_body(std::string_view body);

/// 3.4.2, of one whole field.
std::string plain_relaxed_field(std::string_view field);

/// The fields of a header section with CRLF lines, whole, from the top.
std::vector<std::string> plain_fields(std::string_view header);

/// The name of a field in lower case; empty where the line is none.
std::string plain_name(std::string_view field);

std::string plain_sha256(std::string_view bytes);

/// The tags of a DKIM-Signature field (3.2), white space taken out of the values.
using Tags = std::vector<std::pair<std::string, std::string>>;
Tags plain_tags(std::string_view signature_field);
std::string tag_of(const Tags& tags, std::string_view name);
std::vector<std::string> names_in(std::string_view colon_separated);

/// What the signature covers (3.7): the fields named by h=, the lowest first (5.4.2), then itself
/// without the value of b=.
std::string plain_signed_text(std::string_view header, std::string_view signature_field);

/// Whether the signature in `field` holds by the key in `dns_record`, for a body with this hash.
bool plain_verify(std::string_view header, std::string_view field, std::string_view body_hash,
                  std::string_view dns_record);

}  // namespace postrider::fuzz
