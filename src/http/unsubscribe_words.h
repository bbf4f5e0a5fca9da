// What the unsubscribe pages say, in each of their languages. Pure; any thread.
#pragma once

#include <span>
#include <string_view>

namespace postrider::http {

/// "{}" stands for the sender's domain.
struct UnsubscribeWords {
  std::string_view language;  ///< "de"
  std::string_view title;
  std::string_view question;  ///< with "{}"
  std::string_view button;
  std::string_view done_title;
  std::string_view done;                  ///< with "{}"
  std::string_view only_these;            ///< mail of the kind that brought them here
  std::string_view everything;            ///< with "{}": whatever the sender sends
  std::string_view done_with_everything;  ///< with "{}"
  std::string_view tracking;              ///< with "{}": what mail tells its sender
  std::string_view refuse_tracking;       ///< a button
  std::string_view saved_title;
  std::string_view untracked;  ///< with "{}": what holds once it has been pressed
};
std::span<const UnsubscribeWords> unsubscribe_languages();
/// The one that an Accept-Language field (RFC 9110, 12.5.4) likes best of those that are there;
/// English where it likes none.
const UnsubscribeWords& words_for(std::string_view accept_language);

}  // namespace postrider::http
