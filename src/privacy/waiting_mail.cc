#include "privacy/waiting_mail.h"

#include <functional>
#include <optional>
#include <utility>

#include "bounce/taxonomy.h"
#include "spool/records.h"

namespace postrider::privacy {

using spool::Message;
using store::Step;
using store::Table;

namespace {

using Take = std::function<void(const Message&)>;

Result<> each_message(const Work& work, const Take& take) {
  return work.relay.store().scan(
      Table::meta, {}, {}, [&](std::string_view key, std::string_view record) {
        const Result<Message> message = spool::decode_message(spool::message_of_key(key), record);
        if (message && work.is_wanted(message->account)) {
          take(*message);
        }
        return true;
      });
}

Result<bool> is_settled(const Work& work, MessageId message, std::uint32_t index) {
  TRY(const auto state, work.relay.spool().read_state(message, index));
  return state && state->is_settled;
}

bool is_report_that_names(const Work& work, const Message& message) {
  if (!message.from_domain.empty() || !message.envelope.reverse_path.is_null()) {
    return false;
  }
  const auto content = work.relay.spool().read_content(message.id);
  return content && work.person.is_named_in(content->bytes);
}

Result<> add_waiting(const Work& work, const Message& message, bool all,
                     std::set<RecipientId>& waiting) {
  for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
    if (all || work.person.is(message.envelope.recipients[i].address)) {
      TRY(const bool is_done, is_settled(work, message.id, i));
      if (!is_done) {
        waiting.insert(recipient_of(message.id, i));
      }
    }
  }
  return {};
}

events::Event event_of(const Work& work, const Message& message, std::uint32_t index) {
  events::Event event;
  event.type = events::Type::suppressed;
  event.time = work.relay.clock().now();
  event.account = message.account;
  event.message = message.id;
  event.recipient = recipient_of(message.id, index);
  event.from_domain = message.from_domain;
  event.stream = message.stream();
  event.size = message.size;
  event.campaign = message.labels.campaign;
  work.person.take_out_of(event.campaign);
  event.kind = bounce::to_string(bounce::Kind::block);
  event.category = bounce::to_string(bounce::Category::suppressed);
  event.detail = "cancelled: personal data was erased";
  return event;
}

/// False: it names nobody in the envelope.
bool take_out_of(Message& message, const Person& person) {
  bool has_changed = false;
  for (smtp::Recipient& recipient : message.envelope.recipients) {
    if (person.is(recipient.address)) {
      recipient = {.address = {}, .notify = smtp::kNotifyNever, .orcpt = {}};
      has_changed = true;
    }
  }
  for (std::string* const text : {&message.labels.campaign, &message.labels.custom_id,
                                  &message.labels.payload, &message.envelope.envid}) {
    has_changed = person.take_out_of(*text) || has_changed;
  }
  return has_changed;
}

/// Its last recipient may have settled in between: then nothing of it is to come back.
Result<> forget_if_gone(const Work& work, MessageId id) {
  TRY(const auto body, work.relay.store().get(Table::body, spool::message_key(id)));
  if (body) {
    return {};
  }
  Step step;
  step.erase(Table::meta, spool::message_key(id));
  step.erase_range(Table::recipient, spool::message_key(id),
                   spool::message_key(MessageId{id.value + 1}));
  return work.commit(std::move(step));
}

Result<> cancel_one(const Work& work, const Message& message, std::uint32_t index) {
  spool::Spool& spool = work.relay.spool();
  Step step;
  work.relay.events().append(step, event_of(work, message, index));
  const bool is_gone = spool.settle(step, message.id, index, message.recipient_count(), true);
  TRY_VOID(work.commit(std::move(step)));
  if (is_gone) {
    return {};
  }
  std::optional<Step> forgotten = spool.settled(message.id, message.recipient_count());
  return forgotten ? work.commit(*std::move(forgotten)) : Result<>();
}

}  // namespace

Result<std::set<RecipientId>> find_waiting(const Work& work) {
  std::set<RecipientId> waiting;
  Result<> done;
  TRY_VOID(each_message(work, [&](const Message& message) {
    const bool all = is_report_that_names(work, message);
    if (const Result<> added = add_waiting(work, message, all, waiting); !added) {
      done = added;
    }
  }));
  TRY_VOID(std::move(done));
  return waiting;
}

Result<> cancel(const Work& work, const std::set<RecipientId>& recipients, Erased& erased) {
  std::vector<Message> messages;
  TRY_VOID(each_message(work, [&](const Message& message) {
    const auto found = recipients.lower_bound(RecipientId{message.id.value});
    if (found != recipients.end() &&
        *found <= recipient_of(message.id, message.recipient_count() - 1)) {
      messages.push_back(message);
    }
  }));
  for (const Message& message : messages) {
    for (std::uint32_t i = 0; i < message.recipient_count(); ++i) {
      if (recipients.contains(recipient_of(message.id, i))) {
        TRY(const bool is_done, is_settled(work, message.id, i));
        if (!is_done) {
          TRY_VOID(cancel_one(work, message, i));
          ++erased.cancelled;
        }
      }
    }
  }
  return {};
}

Result<> blank(const Work& work) {
  std::vector<Message> messages;
  TRY_VOID(each_message(work, [&](const Message& message) {
    Message changed = message;
    if (take_out_of(changed, work.person)) {
      messages.push_back(std::move(changed));
    }
  }));
  for (const Message& message : messages) {
    Step step;
    step.put(Table::meta, spool::message_key(message.id), spool::encode(message));
    TRY_VOID(work.commit(std::move(step)));
    TRY_VOID(forget_if_gone(work, message.id));
  }
  Step step;
  TRY_VOID(work.relay.store().scan(
      Table::recipient, {}, {}, [&](std::string_view key, std::string_view record) {
        Result<spool::RecipientState> state = spool::decode_recipient(record);
        if (state && work.person.take_out_of(state->last_reply)) {
          step.put(Table::recipient, std::string(key), spool::encode(*state));
        }
        return true;
      }));
  return work.commit(std::move(step));
}

}  // namespace postrider::privacy
