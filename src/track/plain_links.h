// Links in plain text: "http://" or "https://" up to a space, "<", ">", "\"" or what is no ASCII
// graphic, without the punctuation of the sentence around it: trailing .,;:!?'* and brackets that
// were not opened in it. A line's end ends a link: lines of format=flowed are not joined. Pure; any
// thread.
#pragma once

#include <string_view>
#include <vector>

#include "track/page_links.h"

namespace postrider::track {

struct PlainLinks {
  std::vector<PageLink> links;  ///< in order
  std::size_t left_over = 0;    ///< as Page::left_over
};

PlainLinks find_plain_links(std::string_view text, const Charset& charset, const LinkRules& rules,
                            std::size_t links_before);

}  // namespace postrider::track
