// The links of an HTML page that are to be tracked, and where its pixel goes.
//
// Links are href of a and area, also inside Outlook's conditional comments ("<!--[if mso]>"), and
// there that of VML shapes (v:roundrect ...), which are the buttons that Outlook shows; nothing
// else in comments. What is in raw text, SVG and MathML is no link.
//
// The pixel goes before the last "</body>", or to the end, and never where it would be text or be
// moved (a comment, a table outside of its cells, select, svg, raw text): then in front of that.
// A placeholder of the sender takes it instead: {{tracker}}, <opentag/>, {{ses:openTracker}}. A
// page with a pixel of ours needs none. Pure; any thread. Time grows with the page.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "track/charset.h"
#include "track/link_rules.h"

namespace postrider::track {

/// Bytes of the page; all positions are in `bytes`, whatever the charset.
struct Span {
  std::size_t begin = 0;
  std::size_t end = 0;

  bool operator==(const Span&) const = default;
};

struct PageLink {
  Span value;                ///< the attribute's value without its quotes
  std::string target;        ///< the URL, with tags
  bool is_app_link = false;  ///< universal="true": may open the target's app
  bool has_user = false;     ///< user information in the URL
};

struct Page {
  std::vector<PageLink> links;  ///< in order
  std::vector<Span> notracks;   ///< "+notrack" of "https+notrack://", to be taken out
  std::vector<Span> pixels;     ///< replaced by the pixel; empty span: put there
  std::size_t left_over = 0;    ///< links beyond LinkRules::links_max or of too long a target
};

/// Nothing: a page of this charset can't be read. `links_before`: of the message's other parts.
std::optional<Page> read_page(std::string_view bytes, const Charset& charset,
                              const LinkRules& rules, std::size_t links_before);

}  // namespace postrider::track
