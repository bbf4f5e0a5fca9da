// What tracking will change in a message, found once, when the message is accepted: places in its
// bytes and what goes there. Kept with the message; from it and the message's bytes each
// recipient's copy is made (track/splice.h).
//
// Changed are text/html parts, and text/plain ones where the rules say so, wherever they stand in
// multiparts. Left alone: attachments, calendars, AMP, forwarded messages, signed and encrypted
// parts, parts in a charset that can't be followed. Left alone as a whole, with the reason: a
// message that can't be taken apart (mail/mime_parts.h, mail/decoded_body.h), that holds inline
// PGP, or that is signed by its author's domain where the rules respect that.
//
// The transfer encoding of a part is kept, but for a 7-bit or 8-bit one whose lines would grow
// beyond 998 bytes (RFC 5322, 2.1.1): it becomes quoted-printable. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "track/link_rules.h"
#include "track/page_links.h"

namespace postrider::track {

/// In place of bytes [begin, end).
struct Edit {
  enum class What : std::uint8_t {
    click,      ///< the tracking URL of a link
    app_click,  ///< the same of a link that may open an app
    pixel,      ///< an <img> element
    text,       ///< `text` itself
  };

  std::size_t begin = 0;
  std::size_t end = 0;
  What what = What::click;
  std::uint16_t link = 0;  ///< its number in the message
  std::string text;

  bool operator==(const Edit&) const = default;
};

/// A stretch of the message that is written in one way. Regions don't overlap, and are in order, as
/// are the edits in each.
struct Region {
  enum class Form : std::uint8_t {
    plain,                  ///< edits are places in the message
    quoted_printable,       ///< the same, its lines wrapped again where they are touched
    base64,                 ///< edits are places in what the region decodes to
    into_quoted_printable,  ///< plain; becomes quoted-printable as a whole
  };
  enum class Units : std::uint8_t { bytes, utf16le, utf16be };

  Form form = Form::plain;
  Units units = Units::bytes;
  std::size_t begin = 0;  ///< in the message
  std::size_t end = 0;
  std::vector<Edit> edits;

  bool operator==(const Region&) const = default;
};

/// A link of the message, in the order of their places.
struct PlannedLink {
  std::uint32_t target = 0;  ///< index into Plan::targets
  bool is_app_link = false;
  bool has_user = false;  ///< user information in its URL: its sender should know

  bool operator==(const PlannedLink&) const = default;
};

struct Plan {
  std::string base;                  ///< of the rules
  std::vector<Region> regions;       ///< empty: the message goes out as it is
  std::vector<std::string> targets;  ///< URLs, each once
  std::vector<PlannedLink> links;
  std::size_t left_over = 0;  ///< links beyond the limit
  std::string untouched;      ///< why the whole message is left alone; empty if it is not

  bool operator==(const Plan&) const = default;
};

Plan plan_message(std::string_view message, const LinkRules& rules);
/// Of one bare HTML page, in UTF-8 or the charset that its first bytes or meta element name.
Plan plan_page(std::string_view page, const LinkRules& rules);

/// What is written for an edit before and behind its token; a text has no token.
std::string text_before_token(const Plan& plan, const Edit& edit);
std::string_view text_behind_token(const Edit& edit);

/// As it is kept: about 6 bytes a link, and the targets. Errc::corrupt.
std::string encode_plan(const Plan& plan);
Result<Plan> decode_plan(std::string_view record);

}  // namespace postrider::track
