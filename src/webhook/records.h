// What is kept of an endpoint beside its row in the directory and its cursor: since when it fails,
// and the log of its requests, newest first. Table::webhook; each record is a version, tagged by
// nothing, and a checksum.
//
// The log is bounded: by age (webhook.log_for, to a day, while the endpoint is active) and to 5,000
// rows an endpoint or a little more, however busy it is. Any thread; reading blocks. Errors: the
// store's; a row that can't be read is left out.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "store/store.h"

namespace postrider::webhook {

/// One request and what became of it.
struct Request {
  std::string id;  ///< as `webhook-id`
  Time at{};
  Duration took{};
  std::string url;           ///< without its password
  std::uint64_t status = 0;  ///< 0: no answer
  bool is_taken = false;     ///< the endpoint has the events
  std::string why;           ///< there is no answer
  std::string answer;        ///< the first 300 bytes of its body
  std::uint64_t events = 0;
  std::uint64_t first = 0;  ///< sequence number; 0: a test
  std::uint64_t last = 0;
};

/// Since when it fails, and how often it has; 0: it doesn't.
struct Progress {
  Time failing_since{};
  std::uint64_t failures = 0;
};

/// The name of its cursor.
std::string cursor_name(WebhookId id);

Result<Progress> read_progress(const store::Store& store, WebhookId id);
void write_progress(store::Step& step, WebhookId id, const Progress& progress);

/// `number` tells requests of the same millisecond apart.
void write_request(store::Step& step, WebhookId id, std::uint16_t number, const Request& request);
Result<std::vector<Request>> read_requests(const store::Store& store, WebhookId id,
                                           std::size_t limit);
/// Erases rows from before `oldest`, and those that are too many.
Result<> trim_requests(const store::Store& store, store::Step& step, WebhookId id, Time oldest);

/// Writes anew, into `step`, the requests of all endpoints that `change` has changed. How many. A
/// record that can't be read goes.
Result<std::uint64_t> change_requests(const store::Store& store, store::Step& step,
                                      const std::function<bool(Request&)>& change);

/// Everything, with its cursor.
void erase_records(store::Step& step, WebhookId id);

}  // namespace postrider::webhook
