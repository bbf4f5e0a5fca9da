#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "http/control.h"
#include "http/message_story.h"
#include "http/suppression_rows.h"
#include "retention/content_store.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

constexpr std::string_view kHeaderEnd = "\r\n\r\n";

/// The bytes as they were accepted, not as JSON: they may be of any charset.
Response answer(std::string content) {
  Response response;
  response.content_type = "message/rfc822";
  response.body = std::move(content);
  return response;
}

Result<std::string> content_of(const ControlParts& parts, RecipientId id) {
  TRY(const MessageStory story, tell_story(*parts.spool, *parts.events, id, 1));
  const retention::ContentStore kept(*parts.store, *parts.directory);
  TRY(std::optional<std::string> content, kept.read(story.id, now_of(parts)));
  if (!content) {
    return fail(Errc::not_found,
                "what was in message " + to_string(story.id) +
                    " is not kept, or no longer: retention.messages and the account's own "
                    "--keep-messages say for how long it is");
  }
  return *std::move(content);
}

awaitable<Result<std::string>> read(const ControlParts& parts, const Call& call) {
  CO_TRY(const RecipientId id, parse_id<RecipientId>(call.name("id")));
  std::move_only_function<Result<std::string>()> work = [&] { return content_of(parts, id); };
  co_return co_await off_thread(parts, std::move(work));
}

awaitable<Result<Response>> headers(const ControlParts& parts, Call call) {
  CO_TRY(std::string content, co_await read(parts, call));
  const std::size_t end = content.starts_with("\r\n") ? 0 : content.find(kHeaderEnd);
  if (end != std::string::npos) {
    content.resize(end == 0 ? 0 : end + 2);
  }
  co_return answer(std::move(content));
}

awaitable<Result<Response>> body(const ControlParts& parts, Call call) {
  CO_TRY(std::string content, co_await read(parts, call));
  const std::size_t end = content.starts_with("\r\n") ? 0 : content.find(kHeaderEnd);
  if (end == std::string::npos) {
    content.clear();
  } else {
    content.erase(0, end + (end == 0 ? 2 : kHeaderEnd.size()));
  }
  co_return answer(std::move(content));
}

constexpr std::array kEntries{Entry{"GET", "/v1/messages/{id}/headers", Needs::stores, headers},
                              Entry{"GET", "/v1/messages/{id}/body", Needs::stores, body}};

}  // namespace

std::span<const Entry> content_entries() {
  return kEntries;
}

}  // namespace postrider::http
