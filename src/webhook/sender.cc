#include "webhook/sender.h"

#include <array>
#include <chrono>
#include <utility>

#include "base/text.h"
#include "webhook/signature.h"

namespace postrider::webhook {

using directory::Webhook;
using directory::WebhookFormat;

namespace {

constexpr std::size_t kExcerpt = 300;

std::string head_of(const Webhook& webhook, const std::string& id, const std::string& body,
                    Time now) {
  std::string head =
      "Content-Type: application/json\r\nUser-Agent: postrider/" POSTRIDER_VERSION "\r\n";
  if (webhook.format == WebhookFormat::native) {
    const std::array secrets{webhook.secret, webhook.old_secret};
    const auto seconds = std::chrono::floor<std::chrono::seconds>(now).time_since_epoch().count();
    head += "webhook-id: " + id + "\r\nwebhook-timestamp: " + std::to_string(seconds) +
            "\r\nwebhook-signature: " + sign(secrets, id, now, body) + "\r\n";
  }
  for (const auto& [name, value] : webhook.headers) {
    head += name + ": " + value + "\r\n";
  }
  return head;
}

bool is_success(WebhookFormat format, unsigned status) {
  return format == WebhookFormat::native ? status / 100 == 2 : status == 200;
}

}  // namespace

boost::asio::awaitable<Request> send(HttpClient& client, std::shared_ptr<const Webhook> webhook,
                                     Batch batch, Options options, const Clock& clock) {
  const std::string& url = webhook->on_backup ? webhook->backup_url : webhook->url;
  std::string body = body_of(webhook->format, batch.events, batch.texts);
  Request request;
  request.id = request_id(webhook->id.value, body);
  request.at = clock.now();
  request.url = without_password(url);
  request.events = batch.events.size();
  request.first = batch.events.front()->sequence;
  request.last = batch.events.back()->sequence;
  const Result<Url> target = parse_url(url);
  if (!target) {
    request.why = target.error().text();
    co_return request;
  }
  std::string head = head_of(*webhook, request.id, body, request.at);
  const auto began = std::chrono::steady_clock::now();
  const Result<HttpAnswer> answer = co_await client.post(
      *target, std::move(head), std::move(body), options.allow_networks, options.answer_within);
  request.took = std::chrono::floor<Duration>(std::chrono::steady_clock::now() - began);
  if (!answer) {
    request.why = printable(answer.error().text(), kExcerpt);
    co_return request;
  }
  request.status = answer->status;
  request.is_taken = is_success(webhook->format, answer->status);
  request.answer = printable(answer->body, kExcerpt);
  co_return request;
}

}  // namespace postrider::webhook
