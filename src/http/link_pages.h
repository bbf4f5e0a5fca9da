// What people see on a tracking host: plain HTML without scripts, images, cookies or anything from
// elsewhere, readable by assistive technology. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "http/unsubscribe_words.h"

namespace postrider::http {

/// A title and a paragraph, in English.
std::string plain_page(std::string_view title, std::string_view text);

std::string bare_host_page();
std::string unknown_link_page();                       ///< forged, altered, or not a link of ours
std::string expired_link_page();                       ///< genuine, and its time is over
std::string revoked_link_page(std::string_view host);  ///< withdrawn; where it led, to be read

/// What of the pages is about being tracked.
enum class TrackingOffer : std::uint8_t { nothing, may_refuse, has_refused };

/// Asks what somebody wants no more: mail of this kind, or all that the sender sends, and in a form
/// of its own to be tracked; the buttons post to the page's own address. `sender`: a domain.
/// `has_left`: the first they have left already.
std::string unsubscribe_page(const UnsubscribeWords& words, std::string_view sender, bool has_left,
                             TrackingOffer tracking);
std::string unsubscribed_page(const UnsubscribeWords& words, std::string_view sender,
                              bool from_everything, TrackingOffer tracking);
std::string untracked_page(const UnsubscribeWords& words, std::string_view sender);

/// For text between tags and in quoted attributes.
std::string escape_html(std::string_view text);

}  // namespace postrider::http
