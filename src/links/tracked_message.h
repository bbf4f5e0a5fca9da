// What is kept of a tracked message for as long as its links live: who sent it, what its events are
// counted under, and where each link leads. One record a message, in the table `link`, independent
// of the spool; no address of a recipient.
//
// What is stored: a version, the fields in the order below (numbers as varints), a checksum;
// version 1 ends with the links. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/privacy.h"
#include "base/result.h"
#include "track/plan.h"

namespace postrider::links {

struct Link {
  std::uint32_t target = 0;  ///< index into TrackedMessage::targets
  bool is_app_link = false;

  bool operator==(const Link&) const = default;
};

struct TrackedMessage {
  AccountId account;
  Time accepted{};
  Privacy privacy = Privacy::identified;  ///< frozen on the message
  std::string stream;
  std::string from_domain;
  std::string campaign;
  std::string custom_id;
  std::string payload;
  std::vector<std::string> targets;
  std::vector<Link> links;
  std::vector<LessKnown> less_known = {};  ///< recipients of whom less may be told than `privacy`

  bool operator==(const TrackedMessage&) const = default;

  /// Targets and links as the plan has them.
  void set_links(const track::Plan& plan);
};

std::string encode(const TrackedMessage& message);
/// Errc::corrupt.
Result<TrackedMessage> decode(std::string_view record);

/// What a click asks, without making the rest. Views into `record`.
struct FoundTarget {
  AccountId account;
  std::string_view campaign;
  std::string_view url;
  bool is_app_link = false;
};
/// Nothing: the message has no such link. Errc::corrupt.
Result<std::optional<FoundTarget>> find_target(std::string_view record, std::uint16_t link);

}  // namespace postrider::links
