#include "privacy/erase_events.h"

#include <array>
#include <string>
#include <utility>

#include "base/bytes.h"
#include "retention/worker.h"

namespace postrider::privacy {

using events::Event;
using store::Table;

namespace {

constexpr std::size_t kStepEvents = 5000;

/// Texts of senders, receivers and readers; the others are words of ours, hosts and numbers.
constexpr std::array kForeign{
    &Event::from,   &Event::to,       &Event::header_from, &Event::subject,   &Event::reply,
    &Event::detail, &Event::campaign, &Event::custom_id,   &Event::payload,   &Event::url,
    &Event::user,   &Event::mta,      &Event::session,     &Event::user_agent};

std::string key_of(std::uint64_t sequence) {
  std::string key;
  put_u64(key, sequence);
  return key;
}

bool clear(std::string& text) {
  const bool had = !text.empty();
  text.clear();
  return had;
}

}  // namespace

bool take_out_of(Event& event, const Person& person, bool is_about) {
  bool has_changed = false;
  if (is_about) {
    for (std::string* const text : {&event.to, &event.user_agent, &event.address}) {
      has_changed = clear(*text) || has_changed;
    }
  }
  for (std::string* const address : {&event.from, &event.to, &event.header_from}) {
    has_changed = (person.is(*address) && clear(*address)) || has_changed;
  }
  for (std::string Event::* const member : kForeign) {
    std::string& text = event.*member;
    has_changed = (!text.empty() && person.take_out_of(text)) || has_changed;
  }
  return has_changed;
}

Result<> erase_events(const Work& work, std::uint64_t from, std::uint64_t end,
                      std::set<RecipientId>& recipients, Erased& erased) {
  while (from < end) {
    const auto nothing_goes = work.relay.retention().hold();
    store::Step step;
    std::size_t looked_at = 0;
    std::uint64_t next = end;
    TRY_VOID(work.relay.store().scan(
                 Table::event, key_of(from), key_of(end),
                 [&](std::string_view key, std::string_view record) {
                   const std::uint64_t sequence = Reader(key).u64();
                   if (looked_at++ == kStepEvents || work.relay.is_stopping()) {
                     next = sequence;
                     return false;
                   }
                   Result<Event> event = events::decode(sequence, record);
                   if (!event) {
                     if (work.person.is_named_in(record)) {
                       step.erase(Table::event, std::string(key));  // nobody can read it anyway
                       ++erased.events;
                     }
                     return true;
                   }
                   if (!work.is_wanted(event->account)) {
                     return true;
                   }
                   if (event->recipient.exists() && work.person.is(event->to)) {
                     recipients.insert(event->recipient);
                   }
                   const bool is_about =
                       event->recipient.exists() && recipients.contains(event->recipient);
                   if (take_out_of(*event, work.person, is_about)) {
                     step.put(Table::event, std::string(key), events::encode(*event));
                     ++erased.events;
                   }
                   return true;
                 }),
             "reading the event log");
    TRY_VOID(work.commit(std::move(step)));
    if (work.relay.is_stopping()) {
      return fail(Errc::closed, "the relay stops: erase again once it runs");
    }
    from = next;
  }
  erased.recipients = recipients.size();
  return {};
}

}  // namespace postrider::privacy
