// The words by which people and programs say that mail was not delivered, is late, or is answered
// by a machine: in the languages in which reports are written.
//
// All take text in which ASCII letters are lower case. Pure; any thread; linear in the text.
#pragma once

#include <cstddef>
#include <string_view>

namespace postrider::bounce {

bool says_failure(std::string_view text);   ///< "could not be delivered"
bool says_delay(std::string_view text);     ///< "will keep trying"
bool says_for_good(std::string_view text);  ///< "permanent error": no delay, whatever else it says
bool says_absence(std::string_view subject);  ///< "out of office", "automatic reply"
bool says_challenge(std::string_view text);   ///< "confirm that you are human"

/// The line is one behind which our own message is quoted.
bool begins_returned(std::string_view line);

/// What stands in front of an address says that mail to it failed, or that it is somebody else's.
bool leads_to_recipient(std::string_view before);
bool leads_to_other(std::string_view before);

/// A local part that mail systems report from: "mailer-daemon".
bool is_system_name(std::string_view local);

/// An address of a mailing list's software or owner and not of the list: "birds-owner@...".
bool is_list_service(std::string_view address);

}  // namespace postrider::bounce
