#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "base/text.h"
#include "events/cursor.h"
#include "events/reader_hit.h"
#include "http/control.h"
#include "http/search_question.h"
#include "search/indexer.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

using events::Event;
using events::Type;

/// What its events say of a recipient, in one row.
struct Summary {
  Event accepted;
  Event last;  ///< that says how it stands
  std::uint64_t attempts = 0;
  std::string site;
  std::string category;
  bool is_as_asked = true;  ///< of `hit`
};

/// The hit that a question is about; nothing: it asks of none.
std::optional<Type> hit_asked_for(const SearchQuestion& question) {
  for (const Type type : {Type::opened, Type::clicked}) {
    const std::pair asked(search::Kind::status, std::string(events::to_string(type)));
    if (std::ranges::find(question.query.terms, asked) != question.query.terms.end()) {
      return type;
    }
  }
  return std::nullopt;
}

Result<std::optional<Summary>> summary_of(const events::EventStore& store, RecipientId id,
                                          std::optional<Type> hit) {
  TRY(const events::Page page, store.about(MessageId{id.value}, 1));
  std::optional<Summary> summary;
  for (const Event& event : page.events) {
    if (event.recipient != id || !events::says_how_it_stands(event.type)) {
      continue;
    }
    if (!summary) {
      summary.emplace();
      summary->accepted = event;
    }
    summary->last = event;
    summary->attempts = std::max(summary->attempts, event.attempt);
    summary->site = event.site.empty() ? summary->site : event.site;
    summary->category = event.category.empty() ? summary->category : event.category;
  }
  if (summary && hit) {
    summary->is_as_asked = events::has_hit_of_a_person(page.events, *hit);
  }
  return summary;
}

/// Two values may share a place in the index, and what was a person's may be a machine's by now.
bool is_meant(const SearchQuestion& question, const Summary& summary) {
  const Event& accepted = summary.accepted;
  const std::string& sender = accepted.header_from.empty() ? accepted.from : accepted.header_from;
  return summary.is_as_asked &&
         (question.recipient.empty() || lower(accepted.to) == question.recipient) &&
         (question.sender.empty() || lower(sender) == question.sender) &&
         (question.campaign.empty() || accepted.campaign == question.campaign) &&
         (question.custom_id.empty() || accepted.custom_id == question.custom_id);
}

void write(JsonText& json, const Summary& summary, const directory::Snapshot& directory) {
  const Event& accepted = summary.accepted;
  json.begin_object();
  json.field("recipient", accepted.recipient.value);
  json.field("message", accepted.message.value);
  json.field("accepted", format_time(accepted.time));
  json.field("account", account_name(directory, accepted.account));
  json.field("from", accepted.from);
  json.field("header_from", accepted.header_from);
  json.field("to", accepted.to);
  json.field("subject", accepted.subject);
  json.field("campaign", accepted.campaign);
  json.field("custom_id", accepted.custom_id);
  json.field("status", events::to_string(summary.last.type));
  json.field("at", format_time(summary.last.time));
  json.field("attempts", summary.attempts);
  json.field("site", summary.site);
  json.field("category", summary.category);
  json.field("reply", summary.last.reply);
  json.end_object();
}

Result<std::string> answer_of(const ControlParts& parts, const SearchQuestion& question) {
  TRY(const search::Found found, search::find(*parts.store, question.accounts, question.query));
  TRY(const std::optional<events::Cursor> cursor,
      events::read_cursor(*parts.store, search::Indexer::kName));
  const auto directory = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.begin_array("messages");
  const std::optional<Type> hit = hit_asked_for(question);
  for (const RecipientId id : found.ids) {
    TRY(const std::optional<Summary> summary, summary_of(*parts.events, id, hit));
    if (summary && is_meant(question, *summary)) {
      write(json, *summary, *directory);
    }
  }
  json.end_array();
  json.field("more", found.has_more);
  if (found.has_more) {
    json.field("before", found.before.value);  // of the next page
  }
  json.field("indexed_to", cursor ? cursor->next - 1 : 0);  // sequence number
  json.field("last", parts.events->last_sequence());
  json.end_object();
  return json.take();
}

awaitable<Result<Response>> find(const ControlParts& parts, Call call) {
  const Time now = parts.relay != nullptr ? parts.relay->clock().now() : SystemClock().now();
  CO_TRY(const SearchQuestion question,
         search_question(call.request.query, *parts.directory->snapshot(), now));
  std::move_only_function<Result<std::string>()> work = [&] { return answer_of(parts, question); };
  CO_TRY(std::string json, co_await off_thread(parts, std::move(work)));
  co_return json_answer(std::move(json));
}

constexpr std::array kEntries{Entry{"GET", "/v1/messages", Needs::stores, find}};

}  // namespace

std::span<const Entry> search_entries() {
  return kEntries;
}

}  // namespace postrider::http
