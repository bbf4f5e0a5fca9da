#include <array>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "http/control.h"
#include "http/request_body.h"

namespace postrider::http {

using boost::asio::awaitable;
using directory::Credential;
using directory::Directory;
using directory::Stream;

namespace {

// In the order of Stream's values.
constexpr std::array<std::string_view, 3> kStreams{"automatic", "bulk", "transactional"};

Result<Stream> stream_of(const RequestBody& body) {
  TRY(const std::optional<std::string> name, body.text("stream"));
  if (!name) {
    return Stream::automatic;
  }
  for (std::size_t i = 0; i < kStreams.size(); ++i) {
    if (*name == kStreams[i]) {
      return static_cast<Stream>(i);
    }
  }
  return fail(Errc::invalid, "stream must be automatic, bulk or transactional");
}

/// `password` is written only where it has just been given.
void write(JsonText& json, const Credential& credential, const std::string& account,
           const std::string& password = "") {
  json.begin_object();
  json.field("user", credential.user);
  if (!password.empty()) {
    json.field("password", password);
  }
  json.field("account", account);
  json.field("stream", kStreams[static_cast<std::size_t>(credential.stream)]);
  json.field("active", credential.is_active);
  json.field("created", format_time(credential.created));
  json.end_object();
}

awaitable<Result<Response>> list(const ControlParts& parts, Call /*call*/) {
  const auto snapshot = parts.directory->snapshot();
  JsonText json;
  json.begin_object();
  json.begin_array("credentials");
  for (const Credential* credential : snapshot->credentials()) {
    write(json, *credential, account_name(*snapshot, credential->account));
  }
  json.end_array();
  json.end_object();
  co_return json_answer(json.take());
}

awaitable<Result<Response>> add(const ControlParts& parts, Call call) {
  CO_TRY(const RequestBody body,
         RequestBody::parse(call.request.body, {"account", "user", "password", "stream"}));
  CO_TRY(const std::string name, body.required_text("account"));
  CO_TRY(const std::optional<std::string> user, body.text("user"));
  CO_TRY(const std::optional<std::string> password, body.text("password"));
  CO_TRY(const Stream stream, stream_of(body));
  CO_TRY(const directory::Account account, find_account(*parts.directory->snapshot(), name));
  std::move_only_function<Result<Directory::NewCredential>()> work = [&] {
    return parts.directory->add_credential(account.id, user.value_or(""), password.value_or(""),
                                           stream, parts.relay->clock().now());
  };
  CO_TRY(const Directory::NewCredential made, co_await off_thread(parts, std::move(work)));
  JsonText json;
  write(json, made.credential, account.name, made.password);
  co_return json_answer(json.take(), 201);
}

awaitable<Result<Response>> remove(const ControlParts& parts, Call call) {
  std::move_only_function<Result<>()> work = [&] {
    return parts.directory->remove_credential(call.name("user"));
  };
  CO_TRY_VOID(co_await off_thread(parts, std::move(work)));
  JsonText json;
  json.begin_object();
  json.field("removed", call.name("user"));
  json.end_object();
  co_return json_answer(json.take());
}

constexpr std::array kEntries{Entry{"GET", "/v1/credentials", Needs::stores, list},
                              Entry{"POST", "/v1/credentials", Needs::relay, add},
                              Entry{"DELETE", "/v1/credentials/{user}", Needs::relay, remove}};

}  // namespace

std::span<const Entry> credential_entries() {
  return kEntries;
}

}  // namespace postrider::http
