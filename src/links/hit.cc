#include "links/hit.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace postrider::links {
namespace {

namespace ip = boost::asio::ip;

constexpr std::size_t kUserAgentBytes = 300;
// In the order of Machine's values.
constexpr std::array<std::string_view, 4> kMachines{"none", "proxy", "prefetch", "scanner"};

template <class Address>
std::string front_of(const Address& address, std::size_t bytes) {
  auto kept = address.to_bytes();
  std::fill(kept.begin() + static_cast<std::ptrdiff_t>(bytes), kept.end(), std::uint8_t{0});
  return Address(kept).to_string();
}

void tell_message(events::Event& event, const TrackedMessage& message,
                  const events::Event* accepted) {
  event.stream = message.stream;
  event.from_domain = message.from_domain;
  event.campaign = message.campaign;
  if (accepted != nullptr) {
    event.stream = event.stream.empty() ? accepted->stream : event.stream;
    event.from_domain = event.from_domain.empty() ? accepted->from_domain : event.from_domain;
    event.campaign = event.campaign.empty() ? accepted->campaign : event.campaign;
  }
}

/// A machine's device and country are none of the reader's.
void tell_reader(events::Event& event, const ReaderFacts& facts, bool is_person, Privacy allowed) {
  if (allowed >= Privacy::identified) {
    event.reader_client = facts.client.family;
    event.device = is_person ? facts.client.device : std::string();
    event.country = is_person ? facts.country : std::string();
  }
  if (allowed >= Privacy::full) {
    event.network = facts.origin.network;
    event.asn = facts.origin.autonomous_system;
  }
}

}  // namespace

std::string_view to_string(Machine machine) {
  return kMachines.at(std::to_underlying(machine));
}

std::string as_kept(const ip::address& address, AddressKept kept) {
  constexpr std::size_t kOfIpv4 = 3;
  constexpr std::size_t kOfIpv6 = 6;
  if (kept == AddressKept::none || address.is_unspecified()) {
    return {};
  }
  if (address.is_v6() && address.to_v6().is_v4_mapped()) {
    return as_kept(ip::make_address_v4(ip::v4_mapped, address.to_v6()), kept);
  }
  if (kept == AddressKept::whole) {
    return address.to_string();
  }
  return address.is_v4() ? front_of(address.to_v4(), kOfIpv4) : front_of(address.to_v6(), kOfIpv6);
}

Privacy privacy_of(const Hit& hit, const TrackedMessage& message) {
  const Privacy most =
      postrider::privacy_of(hit.token.recipient, message.privacy, message.less_known);
  return hit.token.recipient == track::kNobody ? std::min(most, Privacy::anonymous) : most;
}

std::optional<events::Event> event_of(const Hit& hit, const TrackedMessage& message,
                                      const events::Event* accepted, AddressKept kept,
                                      const ReaderFacts& facts) {
  const Privacy allowed = privacy_of(hit, message);
  const bool is_wish = hit.type == events::Type::unsubscribed;
  const Privacy privacy = is_wish ? std::max(allowed, Privacy::identified) : allowed;
  if (privacy == Privacy::off) {
    return std::nullopt;
  }
  events::Event event;
  event.type = hit.type;
  event.time = hit.time;
  event.account = hit.token.account;
  tell_message(event, message, accepted);
  if (hit.type == events::Type::clicked) {
    event.url = hit.url;
    event.link = std::uint64_t{hit.token.link} + 1;
  }
  if (hit.verdict.machine != Machine::none) {
    event.machine = to_string(hit.verdict.machine);
    event.machine_reason = hit.verdict.reason;
    event.confidence = hit.verdict.confidence;
  }
  if (privacy >= Privacy::pseudonymous) {
    event.message = hit.token.message;
    event.recipient = recipient_of(hit.token.message, hit.token.recipient);
    event.custom_id = message.custom_id;
    event.payload = message.payload;
  }
  if (privacy >= Privacy::identified) {
    event.to = accepted != nullptr ? accepted->to : "";
    event.user_agent = printable(hit.user_agent, kUserAgentBytes);
  }
  if (privacy >= Privacy::full) {
    event.address = as_kept(hit.address, kept);
  }
  event.scope = hit.scope;
  tell_reader(event, facts, hit.verdict.machine == Machine::none, allowed);
  return event;
}

}  // namespace postrider::links
