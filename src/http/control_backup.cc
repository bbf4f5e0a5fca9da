#include <array>
#include <filesystem>

#include "base/json_text.h"
#include "http/control.h"
#include "http/request_body.h"
#include "net/io_threads.h"
#include "store/store.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

awaitable<Result<Response>> checkpoint(const ControlParts& parts, Call call) {
  CO_TRY_VOID(RequestBody::parse(call.request.body, {}));
  using Path = std::filesystem::path;
  // A thread of its own: copying the log may take a second, and the pool checks passwords.
  net::BlockingPool pool(1);
  std::move_only_function<Result<Path>()> work = [&] { return parts.store->checkpoint(); };
  CO_TRY(const Path made, co_await pool.run<Result<Path>>(std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("checkpoint", made.string());
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"POST", "/v1/checkpoint", Needs::relay, checkpoint}};

}  // namespace

std::span<const Entry> backup_entries() {
  return kEntries;
}

}  // namespace postrider::http
