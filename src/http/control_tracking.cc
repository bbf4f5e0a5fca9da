#include <array>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "links/key_ring.h"
#include "links/link_store.h"
#include "net/io_threads.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

constexpr std::uint64_t kIdMax = 255;

/// The first one makes tokens.
awaitable<Result<Response>> list_keys(const ControlParts& parts, Call /*call*/) {
  CO_TRY(const auto keys, parts.directory->tracking_keys());
  JsonText json;
  json.begin_object();
  json.begin_array("keys");
  for (const directory::Directory::TrackingKey& key : keys) {
    json.begin_object();
    json.field("id", std::uint64_t{key.id});
    json.field("makes_tokens", key.id == keys.front().id);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> rotate_keys(const ControlParts& parts, Call /*call*/) {
  std::move_only_function<Result<std::uint8_t>()> work = [&] {
    return parts.relay->tracking_keys().rotate();
  };
  CO_TRY(const std::uint8_t id, co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("id", std::uint64_t{id});
  json.end_object();
  co_return json_answer(json.take(), 201);
}

awaitable<Result<Response>> remove_key(const ControlParts& parts, Call call) {
  CO_TRY(const auto id, parse_id<AccountId>(call.name("id")));
  if (id.value > kIdMax) {
    co_return fail(Errc::not_found, "there is no tracking key " + to_string(id));
  }
  std::move_only_function<Result<>()> work = [&] {
    return parts.relay->tracking_keys().remove(static_cast<std::uint8_t>(id.value));
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("removed", id.value);
  json.end_object();
  co_return json_answer(json.take());
}

/// Links of a message that was rewritten outside of the relay.
awaitable<Result<Response>> keep_links(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"record"}));
  CO_TRY(const std::string text, body.required_text("record"));
  const auto decoded = links::decode(decode_base64(text).value_or(""));
  if (!decoded) {
    co_return fail(Errc::invalid, "record: " + decoded.error().text());
  }
  const links::TrackedMessage& message = *decoded;
  if (parts.directory->snapshot()->account(message.account) == nullptr) {
    co_return fail(Errc::not_found, "there is no account " + to_string(message.account));
  }
  const MessageId id = parts.relay->new_message_id();
  store::Step step;
  links::LinkStore::put(step, id, message);
  CO_TRY_VOID(
      co_await parts.relay->committers()[net::IoThreads::current()].commit(std::move(step)));
  JsonText json;
  json.begin_object();
  json.field("message", id.value);
  json.end_object();
  co_return json_answer(json.take(), 201);
}

constexpr std::array kEntries{Entry{"POST", "/v1/tracked-messages", Needs::relay, keep_links},
                              Entry{"GET", "/v1/tracking-keys", Needs::stores, list_keys},
                              Entry{"POST", "/v1/tracking-keys", Needs::relay, rotate_keys},
                              Entry{"DELETE", "/v1/tracking-keys/{id}", Needs::relay, remove_key}};

}  // namespace

std::span<const Entry> tracking_entries() {
  return kEntries;
}

}  // namespace postrider::http
