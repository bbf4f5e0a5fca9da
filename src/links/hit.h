// An open, a click or an unsubscribe as it came in: what the token says, and who asked. It becomes
// an event of the recipient (hit_recorder.h).
//
// Values; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/ip/address.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "events/event.h"
#include "links/address_kept.h"
#include "links/tracked_message.h"
#include "readers/lookup.h"
#include "track/token.h"

namespace postrider::links {

/// Who asked, as far as one can tell from the request alone.
enum class Machine : std::uint8_t {
  none,      ///< a person
  proxy,     ///< fetches on a person's behalf: they are who opened
  prefetch,  ///< fetches ahead: nobody need have looked
  scanner,   ///< looks for threats
};
std::string_view to_string(Machine machine);

struct Verdict {
  Machine machine = Machine::none;
  std::string reason;            ///< name of the rule; empty of a person
  std::uint32_t confidence = 0;  ///< percent

  bool operator==(const Verdict&) const = default;
};

std::string as_kept(const boost::asio::ip::address& address, AddressKept kept);

/// What files of the operator's say of who did it (readers/lookup.h).
struct ReaderFacts {
  readers::Client client;
  std::string country;
  readers::Origin origin;
};

struct Hit {
  events::Type type = events::Type::opened;  ///< or clicked, unsubscribed
  track::TokenContent token;
  Time time{};
  std::string url;  ///< clicked: where it led
  std::string user_agent;
  boost::asio::ip::address address;
  Verdict verdict;
  std::string scope = {};  ///< unsubscribed: "all", or empty
};

/// What is told of a hit: as much as the message's privacy allows, and of an unsubscribe who it is,
/// because it has to be followed. `accepted`: the recipient's first event; null: the log has it no
/// more. Nothing: nothing may be told.
std::optional<events::Event> event_of(const Hit& hit, const TrackedMessage& message,
                                      const events::Event* accepted, AddressKept kept,
                                      const ReaderFacts& facts = {});

/// The most that may be told of who made it, unsubscribes included.
Privacy privacy_of(const Hit& hit, const TrackedMessage& message);

}  // namespace postrider::links
