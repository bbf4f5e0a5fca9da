#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/message_story.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

std::string_view state_of(const RecipientStory& recipient) {
  return recipient.is_waiting ? "waiting" : events::to_string(recipient.last);
}

void write(JsonText& json, const RecipientStory& recipient) {
  json.begin_object();
  json.field("recipient", recipient.id.value);
  json.field("to", recipient.address);
  json.field("state", state_of(recipient));
  json.field("attempts", recipient.attempts);
  if (recipient.due) {
    json.field("due", format_time(*recipient.due));
  }
  json.field("site", recipient.site);
  json.field("last_reply", recipient.last_reply);
  json.end_object();
}

/// What the first event of the message says of it.
void write_origin(JsonText& json, const events::Event& accepted) {
  json.field("accepted", format_time(accepted.time));
  json.field("from", accepted.from);
  json.field("header_from", accepted.header_from);
  json.field("subject", accepted.subject);
  json.field("stream", accepted.stream);
  json.field("campaign", accepted.campaign);
  json.field("custom_id", accepted.custom_id);
  json.field("payload", accepted.payload);
  json.field("size", accepted.size);
  json.field("client", accepted.client);
  json.field("user", accepted.user);
  json.field("session", accepted.session);
}

std::string to_json(const MessageStory& story, const directory::Snapshot& snapshot) {
  JsonText json;
  json.begin_object();
  json.field("message", story.id.value);
  json.field("waiting", story.message.has_value());
  if (!story.events.empty()) {
    json.field("account", account_name(snapshot, story.events.front().account));
    write_origin(json, story.events.front());
  } else if (story.message) {
    json.field("account", account_name(snapshot, story.message->account));
    json.field("accepted", format_time(story.message->accepted));
    json.field("from", mail::to_string(story.message->envelope.reverse_path));
    json.field("size", story.message->size);
  }
  json.field("recipients_in_all", story.recipients_in_all);
  json.begin_array("recipients");
  for (const RecipientStory& recipient : story.recipients) {
    write(json, recipient);
  }
  json.end_array();
  json.begin_array("events");
  for (const events::Event& event : story.events) {
    json.raw(events::to_json(event));
  }
  json.end_array();
  json.end_object();
  return json.take();
}

awaitable<Result<Response>> show(const ControlParts& parts, Call call) {
  CO_TRY(const RecipientId id, parse_id<RecipientId>(call.name("id")));
  CO_TRY(const std::uint64_t limit, query_number("limit", call.query("limit"), 1, 10'000, 1000));
  std::move_only_function<Result<std::string>()> work = [&]() -> Result<std::string> {
    TRY(const MessageStory story,
        tell_story(*parts.spool, *parts.events, id, static_cast<std::uint32_t>(limit)));
    return to_json(story, *parts.directory->snapshot());
  };
  CO_TRY(std::string json, co_await off_thread(parts, std::move(work)));
  co_return json_answer(std::move(json));
}

constexpr std::array kEntries{Entry{"GET", "/v1/messages/{id}", Needs::stores, show}};

}  // namespace

std::span<const Entry> message_entries() {
  return kEntries;
}

}  // namespace postrider::http
