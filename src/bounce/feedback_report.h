// Complaints: a reader called our message spam, and the provider tells.
//
// RFC 5965 (ARF), RFC 6591 (authentication failures in the same form), Microsoft's JMRP (the
// message in an attachment, the reader in X-HmXmrOriginalRecipient), Apple's unsubscribing by mail,
// and mails of people's mail programs that forward a message to an abuse address.
//
// As with bounces: anyone can send one. `own_id` and the token of the return path identify the
// recipient where the provider has blacked the address out, once verified (mail/return_path.h).
// Pure; any thread; bounded as mime_reader.h says.
#pragma once

#include <string>
#include <string_view>

namespace postrider::bounce {

struct FeedbackReport {
  std::string
      feedback_type;       ///< lower case: "abuse", "fraud", "opt-out"; empty: no feedback at all
  std::string recipient;   ///< who complained; empty: not told, or blacked out
  std::string source_ip;   ///< the address that we sent from
  std::string message_id;  ///< of our message
  std::string user_agent;
  std::string reported_domain;
  std::string arrival_date;   ///< as it stands
  std::string original_from;  ///< our return path
  std::string feedback_id;    ///< Feedback-ID of our message
  std::string own_id;         ///< its X-Postrider-Id, not verified
  bool is_in_words = false;   ///< nothing in it but its wording says that it is feedback
  bool is_cut = false;

  bool is_feedback() const { return !feedback_type.empty(); }
};
FeedbackReport read_feedback(std::string_view message);

}  // namespace postrider::bounce
