// Reports for people's eyes: whom they name, and what they say of each.
//
// There is no form: qmail's "<ann@example.net>:" with its reason below, Exim's indented lists,
// Sendmail's transcripts, one sentence of a webmail's. Lines are told apart by what stands around
// an address, the firmest kind of line in a text names the recipients, and the lines behind it say
// why. Pure; any thread; linear in the text, of which the first kNoticeMost bytes are looked at.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace postrider::bounce {

inline constexpr std::size_t kNoticeMost = 64 << 10;

/// A notice and what is quoted behind it.
struct SplitNotice {
  std::string_view notice;
  std::string_view returned;  ///< from the head of our message on, or a little before; may be empty
};
SplitNotice split_notice(std::string_view text);

struct TextRecipient {
  std::string address;
  std::string reason;    ///< lines joined by a space; may be empty
  bool is_firm = false;  ///< the line is about this address and nothing else
};

struct TextQuestion {
  std::vector<std::string> others;  ///< addresses that are not failed recipients: the report's own
  std::string_view domain;          ///< of the reporting system, for local parts that stand alone
  std::size_t recipients_most = 1000;
};
std::vector<TextRecipient> find_recipients(std::string_view notice, const TextQuestion& question);

}  // namespace postrider::bounce
