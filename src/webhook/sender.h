// One request to an endpoint: made from a batch of events, signed, sent once, judged.
//
// Headers: Content-Type, User-Agent, the endpoint's own; in the native format webhook-id,
// webhook-timestamp and webhook-signature. Thread: the awaiting coroutine's.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "directory/webhook.h"
#include "webhook/http_client.h"
#include "webhook/options.h"
#include "webhook/payload.h"
#include "webhook/records.h"

namespace postrider::webhook {

/// What goes in one request: `texts` are the events as its format writes them.
struct Batch {
  std::vector<EventPtr> events;
  std::vector<std::string> texts;
};

/// `client` and `clock` outlive the await.
boost::asio::awaitable<Request> send(HttpClient& client,
                                     std::shared_ptr<const directory::Webhook> webhook, Batch batch,
                                     Options options, const Clock& clock);

}  // namespace postrider::webhook
