#include <array>
#include <optional>

#include "events/cursor.h"
#include "http/control.h"
#include "http/webhook_view.h"
#include "mail/address.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Webhook;
using directory::WebhookState;

namespace {

Response answer(const ControlParts& parts, const Webhook& webhook, int status = 200) {
  JsonText json;
  json.begin_object();
  write_webhook(json, parts, webhook, true);
  json.end_object();
  return json_answer(json.take(), status);
}

Result<> check(const ControlParts& parts, const Webhook& webhook) {
  TRY_VOID(webhook::check_webhook(webhook, parts.relay->webhooks().options()));
  if (!webhook.contact.empty()) {
    TRY_VOID(mail::parse_mailbox(webhook.contact, false), "contact");
  }
  return {};
}

/// Off the io thread; those who serve endpoints then hear of it.
awaitable<Result<Webhook>> change(const ControlParts& parts, WebhookId id,
                                  std::function<void(Webhook&)> how) {
  std::move_only_function<Result<Webhook>()> work = [&] {
    return parts.directory->change_webhook(id, how);
  };
  CO_TRY(Webhook changed, co_await off_thread(parts, std::move(work)));
  parts.relay->webhooks().refresh();
  co_return changed;
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  JsonText json;
  json.begin_object();
  json.begin_array("webhooks");
  for (const auto& webhook : parts.directory->snapshot()->webhooks()) {
    json.begin_object();
    write_webhook(json, parts, *webhook, false);
    json.end_object();
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> show(const ControlParts& parts, Call call) {
  CO_TRY(const auto webhook, find_webhook(parts, call));
  co_return answer(parts, *webhook);
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(
      const RequestBody body,
      RequestBody::parse(call.request.body, {"url", "backup_url", "account", "format", "types",
                                             "campaigns", "headers", "contact", "secret", "from"}));
  Webhook webhook;
  CO_TRY_VOID(body.required_text("url"));
  CO_TRY_VOID(read_webhook(parts, body, webhook));
  CO_TRY(const auto secret, body.text("secret"));
  webhook.secret = secret ? *secret : directory::make_webhook_secret();
  webhook.created = parts.relay->clock().now();
  CO_TRY(const auto from, body.text("from"));
  CO_TRY_VOID(check(parts, webhook));
  std::move_only_function<Result<Webhook>()> work = [&]() -> Result<Webhook> {
    webhook.begins_at = parts.events->last_sequence() + 1;
    if (from) {
      TRY(webhook.begins_at, events::parse_position(*parts.events, *from), "from");
    }
    return parts.directory->add_webhook(webhook);
  };
  CO_TRY(const Webhook added, co_await off_thread(parts, std::move(work)));
  parts.relay->webhooks().refresh();
  co_return answer(parts, added, 201);
}

awaitable<Result<Response>> modify(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"url", "backup_url", "account", "format", "types",
                                                "campaigns", "headers", "contact"}));
  CO_TRY(const auto found, find_webhook(parts, call));
  Webhook wanted = *found;
  CO_TRY_VOID(read_webhook(parts, body, wanted));
  CO_TRY_VOID(check(parts, wanted));
  std::function<void(Webhook&)> how = [&](Webhook& webhook) {
    const bool has_moved = webhook.url != wanted.url;
    webhook.url = wanted.url;
    webhook.backup_url = wanted.backup_url;
    webhook.account = wanted.account;
    webhook.format = wanted.format;
    webhook.types = wanted.types;
    webhook.campaigns = wanted.campaigns;
    webhook.headers = wanted.headers;
    webhook.contact = wanted.contact;
    webhook.on_backup = webhook.on_backup && !has_moved && !wanted.backup_url.empty();
  };
  CO_TRY(const Webhook changed, co_await change(parts, found->id, how));
  co_return answer(parts, changed);
}

awaitable<Result<Response>> remove(const ControlParts& parts, Call call) {
  CO_TRY(const auto webhook, find_webhook(parts, call));
  std::move_only_function<Result<>()> work = [&] {
    return parts.directory->remove_webhook(webhook->id);
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  parts.relay->webhooks().forget(webhook->id);
  JsonText json;
  json.begin_object();
  json.field("removed", webhook->id.value);
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> set_state(const ControlParts& parts, Call call, WebhookState state,
                                      std::string why) {
  CO_TRY(const auto found, find_webhook(parts, call));
  std::function<void(Webhook&)> how = [&](Webhook& webhook) {
    webhook.state = state;
    webhook.why = why;
    webhook.on_backup = webhook.on_backup && state != WebhookState::active;
  };
  CO_TRY(const Webhook changed, co_await change(parts, found->id, how));
  co_return answer(parts, changed);
}

awaitable<Result<Response>> pause(const ControlParts& parts, Call call) {
  return set_state(parts, std::move(call), WebhookState::paused, "by hand");
}

awaitable<Result<Response>> resume(const ControlParts& parts, Call call) {
  return set_state(parts, std::move(call), WebhookState::active, "");
}

/// A fresh secret; the one before signs too until the next rotation, or goes at once.
awaitable<Result<Response>> rotate(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"drop_old"}));
  CO_TRY(const std::optional<bool> drop, body.flag("drop_old"));
  CO_TRY(const auto found, find_webhook(parts, call));
  std::function<void(Webhook&)> how = [&](Webhook& webhook) {
    if (drop.value_or(false)) {
      webhook.old_secret.clear();
    } else {
      webhook.old_secret = std::exchange(webhook.secret, directory::make_webhook_secret());
    }
  };
  CO_TRY(const Webhook changed, co_await change(parts, found->id, how));
  co_return answer(parts, changed);
}

constexpr std::array kEntries{Entry{"GET", "/v1/webhooks", Needs::stores, list},
                              Entry{"POST", "/v1/webhooks", Needs::relay, add},
                              Entry{"GET", "/v1/webhooks/{id}", Needs::stores, show},
                              Entry{"PATCH", "/v1/webhooks/{id}", Needs::relay, modify},
                              Entry{"DELETE", "/v1/webhooks/{id}", Needs::relay, remove},
                              Entry{"POST", "/v1/webhooks/{id}/pause", Needs::relay, pause},
                              Entry{"POST", "/v1/webhooks/{id}/resume", Needs::relay, resume},
                              Entry{"POST", "/v1/webhooks/{id}/rotate", Needs::relay, rotate}};

}  // namespace

std::span<const Entry> webhook_entries() {
  return kEntries;
}

}  // namespace postrider::http
