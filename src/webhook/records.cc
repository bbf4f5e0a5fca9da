#include "webhook/records.h"

#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::webhook {

using store::Table;

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr char kLog = 'l';
constexpr char kProgress = 'p';
constexpr std::size_t kRowsMax = 5000;

std::string key_of(char kind, WebhookId id) {
  std::string key(1, kind);
  put_u64(key, id.value);
  return key;
}

/// The newest has the smallest key.
std::string log_key(WebhookId id, Time at, std::uint16_t number) {
  std::string key = key_of(kLog, id);
  const auto ms = static_cast<std::uint64_t>(at.time_since_epoch().count());
  put_u64(key, ~(ms << 16 | number));
  return key;
}

std::string log_end(WebhookId id) {
  return key_of(kLog, WebhookId{id.value + 1});
}

std::string encode(const Request& request) {
  std::string record = begin_record(kVersion, 500);
  put_varint(record, static_cast<std::uint64_t>(request.at.time_since_epoch().count()));
  put_varint(record, static_cast<std::uint64_t>(request.took.count()));
  put_varint(record, request.status);
  put_varint(record, request.is_taken ? 1 : 0);
  put_varint(record, request.events);
  put_varint(record, request.first);
  put_varint(record, request.last);
  put_bytes(record, request.id);
  put_bytes(record, request.url);
  put_bytes(record, request.why);
  put_bytes(record, request.answer);
  return seal_record(std::move(record));
}

std::optional<Request> decode(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  Reader reader(opened.intact ? opened.payload : std::string_view());
  Request request;
  request.at = Time(Duration(static_cast<std::int64_t>(reader.varint())));
  request.took = Duration(static_cast<std::int64_t>(reader.varint()));
  request.status = reader.varint();
  request.is_taken = reader.varint() != 0;
  request.events = reader.varint();
  request.first = reader.varint();
  request.last = reader.varint();
  request.id = reader.bytes();
  request.url = reader.bytes();
  request.why = reader.bytes();
  request.answer = reader.bytes();
  return reader.ok() && opened.version == kVersion ? std::optional(std::move(request))
                                                   : std::nullopt;
}

}  // namespace

std::string cursor_name(WebhookId id) {
  return "webhook:" + to_string(id);
}

Result<Progress> read_progress(const store::Store& store, WebhookId id) {
  TRY(const std::optional<std::string> record, store.get(Table::webhook, key_of(kProgress, id)));
  Progress progress;
  if (record) {
    const OpenedRecord opened = open_record(*record);
    Reader reader(opened.intact ? opened.payload : std::string_view());
    progress.failing_since = Time(Duration(static_cast<std::int64_t>(reader.varint())));
    progress.failures = reader.varint();
    if (!reader.ok()) {
      return Progress();  // it begins to fail anew, which costs nothing but time
    }
  }
  return progress;
}

void write_progress(store::Step& step, WebhookId id, const Progress& progress) {
  std::string record = begin_record(kVersion, 12);
  put_varint(record, static_cast<std::uint64_t>(progress.failing_since.time_since_epoch().count()));
  put_varint(record, progress.failures);
  step.put(Table::webhook, key_of(kProgress, id), seal_record(std::move(record)));
}

void write_request(store::Step& step, WebhookId id, std::uint16_t number, const Request& request) {
  step.put(Table::webhook, log_key(id, request.at, number), encode(request));
}

Result<std::vector<Request>> read_requests(const store::Store& store, WebhookId id,
                                           std::size_t limit) {
  std::vector<Request> requests;
  TRY_VOID(store.scan(Table::webhook, key_of(kLog, id), log_end(id),
                      [&](std::string_view /*key*/, std::string_view record) {
                        if (requests.size() < limit) {
                          if (std::optional<Request> request = decode(record)) {
                            requests.push_back(*std::move(request));
                          }
                        }
                        return requests.size() < limit;
                      }),
           "reading the log of a webhook");
  return requests;
}

Result<> trim_requests(const store::Store& store, store::Step& step, WebhookId id, Time oldest) {
  std::string from = log_key(id, oldest, 0);
  std::size_t rows = 0;
  TRY_VOID(store.scan(Table::webhook, key_of(kLog, id), from,
                      [&](std::string_view key, std::string_view /*record*/) {
                        if (++rows > kRowsMax) {
                          from = key;
                        }
                        return rows <= kRowsMax;
                      }),
           "reading the log of a webhook");
  step.erase_range(Table::webhook, from, log_end(id));
  return {};
}

Result<std::uint64_t> change_requests(const store::Store& store, store::Step& step,
                                      const std::function<bool(Request&)>& change) {
  std::uint64_t changed = 0;
  TRY_VOID(store.scan(Table::webhook, std::string(1, kLog), std::string(1, kLog + 1),
                      [&](std::string_view key, std::string_view record) {
                        std::optional<Request> request = decode(record);
                        if (!request) {
                          step.erase(Table::webhook, std::string(key));
                        } else if (change(*request)) {
                          step.put(Table::webhook, std::string(key), encode(*request));
                          ++changed;
                        }
                        return true;
                      }),
           "reading the logs of webhooks");
  return changed;
}

void erase_records(store::Step& step, WebhookId id) {
  step.erase(Table::cursor, cursor_name(id));
  step.erase(Table::webhook, key_of(kProgress, id));
  step.erase_range(Table::webhook, key_of(kLog, id), log_end(id));
}

}  // namespace postrider::webhook
