#include "http/message_story.h"

#include <algorithm>
#include <utility>

namespace postrider::http {
namespace {

constexpr std::uint32_t kRecipientsMost = 100'000;

MessageId nth(MessageId message, std::uint32_t index) {
  return MessageId{recipient_of(message, index).value};
}

/// By the message that the events about `id` name.
Result<MessageId> message_of(const spool::Spool& spool, const events::EventStore& store,
                             RecipientId id) {
  TRY(const events::Page page, store.about(MessageId{id.value}, 1));
  for (const events::Event& event : page.events) {
    if (event.message.exists()) {
      return event.message;
    }
  }
  // Nothing was told of it: a message that was recovered from a damaged log.
  if (spool.read(MessageId{id.value})) {
    return MessageId{id.value};
  }
  return fail(Errc::not_found, "there is no message and no recipient " + to_string(id));
}

/// The highest index that an event tells of, and 1. Ranges double, so that a message with one
/// recipient costs a look at its neighbour and one with thousands a dozen.
Result<std::uint32_t> count_recipients(const events::EventStore& store, MessageId message) {
  std::uint32_t count = 1;
  for (std::uint32_t range = 1; count < kRecipientsMost; range *= 2) {
    TRY(const events::Page page, store.about(nth(message, count), range));
    std::uint32_t highest = 0;
    for (const events::Event& event : page.events) {
      if (event.message == message) {
        highest = std::max(highest, static_cast<std::uint32_t>(
                                        (event.recipient.value - message.value) / kIdStep + 1));
      }
    }
    if (highest <= count) {
      return count;
    }
    const bool is_whole = highest == count + range;
    count = highest;
    if (!is_whole) {
      return count;
    }
  }
  return count;
}

void take(RecipientStory& story, const events::Event& event) {
  if (!says_how_it_stands(event.type)) {
    return;
  }
  story.last = event.type;
  story.address = event.to.empty() ? story.address : event.to;
  story.attempts = std::max(story.attempts, event.attempt);
  story.site = event.site.empty() ? story.site : event.site;
  story.last_reply = event.reply.empty() ? story.last_reply : event.reply;
}

/// The spool knows best while the message is there.
Result<> take(RecipientStory& story, const spool::Spool& spool, const spool::Message& message,
              std::uint32_t index) {
  story.address = to_string(message.envelope.recipients[index].address);
  TRY(const std::optional<spool::RecipientState> state, spool.read_state(message.id, index));
  story.is_waiting = !state || !state->is_settled;
  if (!story.is_waiting) {
    return {};
  }
  story.due = state ? state->due : message.accepted;
  if (state) {
    story.attempts = state->attempts;
    story.site = state->site;
    story.last_reply = state->last_reply;
  }
  return {};
}

}  // namespace

Result<MessageStory> tell_story(const spool::Spool& spool, const events::EventStore& events,
                                RecipientId id, std::uint32_t limit) {
  MessageStory story;
  TRY(story.id, message_of(spool, events, id));
  if (Result<spool::Message> message = spool.read(story.id)) {
    story.recipients_in_all = message->recipient_count();
    story.message = *std::move(message);
  } else {
    TRY(story.recipients_in_all, count_recipients(events, story.id));
  }
  const auto asked = static_cast<std::uint32_t>((id.value - story.id.value) / kIdStep);
  const std::uint32_t first = asked < limit ? 0 : asked;
  const std::uint32_t count = std::min(limit, story.recipients_in_all - first);
  for (std::uint32_t i = first; i < first + count; ++i) {
    RecipientStory& recipient = story.recipients.emplace_back();
    recipient.id = recipient_of(story.id, i);
  }
  TRY(events::Page page, events.about(nth(story.id, first), count));
  for (const events::Event& event : page.events) {
    const std::uint64_t index = (event.recipient.value - story.id.value) / kIdStep - first;
    if (event.recipient.exists() && index < story.recipients.size()) {
      take(story.recipients[index], event);
    }
  }
  story.events = std::move(page.events);
  for (std::uint32_t i = 0; story.message && i < count; ++i) {
    TRY_VOID(take(story.recipients[i], spool, *story.message, first + i));
  }
  return story;
}

}  // namespace postrider::http
