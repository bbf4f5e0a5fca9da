#include <array>
#include <vector>

#include "http/control.h"
#include "http/replay_position.h"
#include "http/webhook_view.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

/// What became of the request, good or bad: the answer is 200 either way.
awaitable<Result<Response>> test(const ControlParts& parts, Call call) {
  CO_TRY(const auto webhook, find_webhook(parts, call));
  const webhook::Request request = co_await parts.relay->webhooks().test(webhook);
  JsonText json;
  write_webhook_request(json, request);
  co_return json_answer(json.take());
}

/// Newest first.
awaitable<Result<Response>> show_log(const ControlParts& parts, Call call) {
  CO_TRY(const auto found, find_webhook(parts, call));
  CO_TRY(const std::uint64_t limit, query_number("limit", call.query("limit"), 1, 10'000, 100));
  using Requests = Result<std::vector<webhook::Request>>;
  std::move_only_function<Requests()> work = [&] {
    return webhook::read_requests(*parts.store, found->id, limit);
  };
  CO_TRY(const auto requests, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.begin_array("requests");
  for (const webhook::Request& request : requests) {
    write_webhook_request(json, request);
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> replay(const ControlParts& parts, Call call) {
  CO_TRY(const auto found, find_webhook(parts, call));
  CO_TRY(const std::uint64_t next, co_await replay_position(parts, call));
  parts.relay->webhooks().replay(found->id, next);
  JsonText json;
  json.begin_object();
  json.field("id", found->id.value);
  write_replay(json, parts, next);
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"POST", "/v1/webhooks/{id}/test", Needs::relay, test},
                              Entry{"GET", "/v1/webhooks/{id}/log", Needs::stores, show_log},
                              Entry{"POST", "/v1/webhooks/{id}/replay", Needs::relay, replay}};

}  // namespace

std::span<const Entry> webhook_action_entries() {
  return kEntries;
}

}  // namespace postrider::http
