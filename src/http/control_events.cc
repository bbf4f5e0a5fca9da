#include <algorithm>
#include <array>
#include <chrono>
#include <memory>
#include <optional>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "events/schema.h"
#include "http/control.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

constexpr std::size_t kPage = 500;                // events read at a time
constexpr std::uint64_t kLookedAtMost = 100'000;  // events, for one answer
constexpr std::chrono::milliseconds kLookAgain{40};

struct Filter {
  std::optional<events::Type> type;
  MessageId message;
  std::string to;  ///< an address, or "@domain"

  bool takes(const events::Event& event) const {
    if ((type && event.type != *type) || (message.exists() && event.message != message)) {
      return false;
    }
    if (to.empty()) {
      return true;
    }
    const std::string_view address = event.to;
    return to.starts_with('@')
               ? address.size() > to.size() &&
                     equal_ignoring_case(address.substr(address.size() - to.size()), to)
               : equal_ignoring_case(address, to);
  }
};

struct Question {
  std::uint64_t from = 1;
  std::uint64_t limit = 0;
  Filter filter;
};

/// "17": that sequence number; "-10": the last ten; "end": what comes from now on.
Result<std::uint64_t> starting_point(const std::string& text, std::uint64_t last) {
  if (text.empty()) {
    return 1;
  }
  if (text == "end") {
    return last + 1;
  }
  if (!text.starts_with('-')) {
    return query_number("from", text, 0, kIdLimit, 1);
  }
  TRY(const std::uint64_t back, query_number("from", text.substr(1), 0, kIdLimit, 0));
  return back >= last ? 1 : last + 1 - back;
}

constexpr std::array<std::string_view, 6> kParameters{"from",    "limit", "type",
                                                      "message", "to",    "follow"};

Result<> check_known(const Call& call) {
  for (const auto& [name, value] : call.request.query) {
    if (std::ranges::find(kParameters, name) == kParameters.end()) {
      return fail(Errc::invalid, "'" + printable(name, 40) + "' is not a parameter: there are " +
                                     "from, limit, type, message, to, follow");
    }
  }
  return {};
}

Result<Question> question_of(const ControlParts& parts, const Call& call, std::uint64_t limit_max,
                             std::uint64_t limit) {
  Question question;
  TRY_VOID(check_known(call));
  TRY(question.from, starting_point(call.query("from"), parts.events->last_sequence()));
  TRY(question.limit, query_number("limit", call.query("limit"), 1, limit_max, limit));
  if (const std::string type = call.query("type"); !type.empty()) {
    TRY(question.filter.type, events::parse_type(type), "type");
  }
  if (const std::string message = call.query("message"); !message.empty()) {
    TRY(question.filter.message, parse_id<MessageId>(message), "message");
  }
  question.filter.to = call.query("to");
  return question;
}

struct Found {
  std::vector<events::Event> events;
  std::uint64_t next = 0;
  std::uint64_t unreadable = 0;
};

/// Reads on until there are `limit` that fit, the log ends, or enough has been looked at.
Result<Found> search(const events::EventStore& store, const Question& question,
                     std::uint64_t looked_at_most) {
  Found found{.events = {}, .next = question.from, .unreadable = 0};
  for (std::uint64_t looked_at = 0; looked_at < looked_at_most; looked_at += kPage) {
    TRY(events::Page page, store.read(found.next, kPage));
    found.unreadable += page.unreadable;
    for (events::Event& event : page.events) {
      if (found.events.size() >= question.limit) {
        return found;
      }
      found.next = event.sequence + 1;
      if (question.filter.takes(event)) {
        found.events.push_back(std::move(event));
      }
    }
    if (page.next == found.next && page.events.empty()) {
      return found;
    }
    found.next = page.next;
  }
  return found;
}

/// Writes each event that fits on a line of its own, as it comes, until the client has gone.
awaitable<void> follow(const ControlParts& parts, Question question, Send send) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor);
  std::uint64_t sent = 0;
  while (sent < question.limit) {
    std::string lines;
    bool has_caught_up = true;
    if (parts.events->last_sequence() >= question.from) {
      std::move_only_function<Result<Found>()> work = [&] {
        Question page = question;
        page.limit = std::min<std::uint64_t>(kPage, question.limit - sent);
        return search(*parts.events, page, kPage);
      };
      const Result<Found> found = co_await off_thread(parts, std::move(work));
      if (!found) {
        co_return;
      }
      for (const events::Event& event : found->events) {
        lines += events::to_json(event) + "\n";
      }
      sent += found->events.size();
      has_caught_up = found->next == question.from;
      question.from = found->next;
    }
    const bool is_there = co_await send(std::move(lines));
    if (!is_there) {
      co_return;
    }
    if (has_caught_up && sent < question.limit) {
      timer.expires_after(kLookAgain);
      co_await timer.async_wait(boost::asio::use_awaitable);
    }
  }
}

awaitable<Result<Response>> list(const ControlParts& parts, Call call) {
  if (call.query("follow") == "1") {
    if (parts.relay == nullptr) {
      co_return error_answer(503, "not_running",
                             "no relay is running on this data directory: nothing new will come");
    }
    CO_TRY(Question question, question_of(parts, call, kIdLimit, kIdLimit));
    Response response;
    response.content_type = "application/jsonl";
    response.stream = [&parts, question](Send send) {
      return follow(parts, question, std::move(send));
    };
    co_return response;
  }
  CO_TRY(const Question question, question_of(parts, call, 10'000, 1000));
  std::move_only_function<Result<std::string>()> work = [&]() -> Result<std::string> {
    TRY(const Found found, search(*parts.events, question, kLookedAtMost));
    JsonText json;
    json.begin_object();
    json.begin_array("events");
    for (const events::Event& event : found.events) {
      json.raw(events::to_json(event));
    }
    json.end_array();
    json.field("next", found.next);
    json.field("last", parts.events->last_sequence());
    json.field("unreadable", found.unreadable);
    json.end_object();
    return json.take();
  };
  CO_TRY(std::string json, co_await off_thread(parts, std::move(work)));
  co_return json_answer(std::move(json));
}

awaitable<Result<Response>> schema(const ControlParts& /*parts*/, Call /*call*/) {
  Response response;
  response.content_type = "application/schema+json";
  response.body = events::json_schema();
  co_return response;
}

constexpr std::array kEntries{Entry{"GET", "/v1/events", Needs::stores, list},
                              Entry{"GET", "/v1/events/schema", Needs::stores, schema}};

}  // namespace

std::span<const Entry> event_entries() {
  return kEntries;
}

}  // namespace postrider::http
