#include "relay/reported_recipient.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"

namespace postrider::relay {
namespace {

using events::Event;
using events::Type;

void take(KnownRecipient& known, const Event& event) {
  switch (event.type) {
    case Type::complained:
      known.has_complained = true;
      return;
    case Type::unsubscribed:
      known.has_unsubscribed = true;
      return;
    case Type::delayed:
      known.was_delayed = true;
      return;
    case Type::delivered:
      known.facts.site = event.site;
      known.facts.source_address = event.source_address;
      break;
    case Type::accepted:
    case Type::deferred:
    case Type::failed:
    case Type::expired:
    case Type::bounced:
    case Type::suppressed:
      break;
    default:
      return;
  }
  known.stands = event.type;
}

void take_facts(KnownRecipient& known, const Event& event) {
  known.facts.account = event.account;
  known.facts.message = event.message;
  known.facts.recipient = event.recipient;
  known.facts.from = event.from;
  known.facts.to = event.to;
  known.facts.from_domain = event.from_domain;
  known.facts.stream = event.stream;
  known.facts.size = event.size;
  known.facts.campaign = event.campaign;
  known.facts.custom_id = event.custom_id;
  known.facts.payload = event.payload;
}

bool is_at(const Told& told, std::string_view address) {
  return equal_ignoring_case(told.address, address) || equal_ignoring_case(told.original, address);
}

}  // namespace

Result<std::optional<KnownRecipient>> find_recipient(const events::EventStore& events,
                                                     RecipientId recipient) {
  // Not the hits of its links, of which anybody who has one can make any number.
  static constexpr std::array kStory{
      Type::accepted, Type::delivered,  Type::deferred,   Type::failed,       Type::expired,
      Type::bounced,  Type::suppressed, Type::complained, Type::unsubscribed, Type::delayed};
  TRY(const events::Page page, events.about(MessageId{recipient.value}, 1, kStory));
  std::optional<KnownRecipient> known;
  for (const Event& event : page.events) {
    if (event.recipient != recipient || event.to.empty()) {
      continue;
    }
    if (!known) {
      take_facts(known.emplace(), event);
    }
    take(*known, event);
  }
  return known;
}

Result<std::vector<SharedRecipient>> recipients_of(const events::EventStore& events,
                                                   MessageId message) {
  static constexpr std::array kAccepted{Type::accepted};
  TRY(const events::Page page, events.about(message, kSharedMost, kAccepted));
  std::vector<SharedRecipient> all;
  for (const Event& event : page.events) {
    if (event.type == Type::accepted && event.message == message) {
      all.push_back({.id = event.recipient, .address = event.to});
    }
  }
  return all;
}

Addition addition_of(const Told& told, const KnownRecipient& known) {
  const bool goes_on = known.stands == Type::accepted || known.stands == Type::deferred;
  const bool is_new = told.type == Type::complained     ? !known.has_complained
                      : told.type == Type::unsubscribed ? !known.has_unsubscribed
                      : told.type == Type::delayed
                          ? !known.was_delayed && known.stands == Type::delivered
                          : known.stands == Type::delivered;
  if (told.type == Type::bounced && goes_on) {
    return Addition::later;
  }
  return is_new ? Addition::event : Addition::nothing;
}

Event event_of(const Told& told, const KnownRecipient& known, Time now) {
  Event event = known.facts;
  event.type = told.type;
  event.time = now;
  event.code = static_cast<std::uint64_t>(told.code);
  event.enhanced = told.enhanced;
  event.reply = told.text;
  event.mta = told.mta;
  event.kind = told.kind;
  event.category = told.category;
  event.rule = told.rule;
  if (!told.address.empty() && !is_at(told, event.to)) {
    event.detail = "reported as " + printable(told.address, 320);
  }
  return event;
}

const Told* told_about(std::span<const Told> told, std::string_view address) {
  const auto same =
      std::ranges::find_if(told, [&](const Told& one) { return is_at(one, address); });
  if (same != told.end()) {
    return &*same;
  }
  const auto bounce =
      std::ranges::find_if(told, [](const Told& one) { return one.type == Type::bounced; });
  if (bounce != told.end()) {
    return &*bounce;
  }
  return told.empty() ? nullptr : &told.front();
}

}  // namespace postrider::relay
