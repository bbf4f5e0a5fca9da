#include "http/replay_position.h"

#include <functional>
#include <string>

#include "events/cursor.h"
#include "http/request_body.h"

namespace postrider::http {

boost::asio::awaitable<Result<std::uint64_t>> replay_position(const ControlParts& parts,
                                                              const Call& call) {
  CO_TRY(const RequestBody body, RequestBody::parse(call.request.body, {"from"}));
  CO_TRY(const std::string from, body.required_text("from"));
  std::move_only_function<Result<std::uint64_t>()> work = [&] {
    return events::parse_position(*parts.events, from);
  };
  CO_TRY(const std::uint64_t next, co_await off_thread(parts, std::move(work)), "from");
  co_return next;
}

void write_replay(JsonText& json, const ControlParts& parts, std::uint64_t next) {
  json.field("next", next);
  json.field("last", parts.events->last_sequence());
}

}  // namespace postrider::http
