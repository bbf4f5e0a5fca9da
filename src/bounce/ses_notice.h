// Amazon SES's own notices: JSON in the text of a mail, or what was posted to a topic.
//
// https://docs.aws.amazon.com/ses/latest/dg/notification-contents.html and, for event publishing,
// event-publishing-retrieving-sns-contents.html in the same guide. Pure; any thread; depth and size
// of the JSON are bounded.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "bounce/delivery_status.h"

namespace postrider::bounce {

struct SesNotice {
  DeliveryStatus status;   ///< of a bounce, a delay or a delivery
  std::string message_id;  ///< the Message-ID of the mail, or SES's name for it
  std::string source_ip;
  std::string
      complaint;  ///< complaintFeedbackType ("abuse" where there is none); empty: no complaint
};

/// Nothing if `text` does not begin with such a notice.
std::optional<SesNotice> read_ses_notice(std::string_view text);

}  // namespace postrider::bounce
