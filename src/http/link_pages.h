// What people see on a tracking host: plain HTML without scripts, images, cookies or anything from
// elsewhere, readable by assistive technology. Pure; any thread.
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace postrider::http {

/// A title and a paragraph, in English.
std::string plain_page(std::string_view title, std::string_view text);

std::string bare_host_page();
std::string unknown_link_page();                       ///< forged, altered, or not a link of ours
std::string expired_link_page();                       ///< genuine, and its time is over
std::string revoked_link_page(std::string_view host);  ///< withdrawn; where it led, to be read

/// Words of the unsubscribe pages in one language.
struct UnsubscribeWords {
  std::string_view language;  ///< "de"
  std::string_view title;
  std::string_view question;  ///< "{}" stands for the sender's domain
  std::string_view button;
  std::string_view done_title;
  std::string_view done;  ///< "{}" as above
};
std::span<const UnsubscribeWords> unsubscribe_languages();
/// The one that an Accept-Language field (RFC 9110, 12.5.4) likes best of those that are there;
/// English where it likes none.
const UnsubscribeWords& words_for(std::string_view accept_language);

/// Asks whether; its button posts to the page's own address. `sender`: a domain.
std::string unsubscribe_page(const UnsubscribeWords& words, std::string_view sender);
std::string unsubscribed_page(const UnsubscribeWords& words, std::string_view sender);

/// For text between tags and in quoted attributes.
std::string escape_html(std::string_view text);

}  // namespace postrider::http
