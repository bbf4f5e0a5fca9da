#include "http/audit.h"

#include <algorithm>
#include <array>
#include <string>

#include <boost/json.hpp>

#include "base/text.h"

namespace postrider::http {

namespace json = boost::json;

namespace {

constexpr std::size_t kLongestText = 300;

/// Suppressions have rows of their own that say since when and why.
constexpr std::array<std::string_view, 12> kNoSettings{"/v1/checkpoint",
                                                       "/v1/clock/advance",
                                                       "/v1/queue/retry",
                                                       "/v1/suppressions",
                                                       "/v1/suppressions/import",
                                                       "/v1/tracked-messages",
                                                       "/v1/domains/{name}/check",
                                                       "/v1/webhooks/{id}/test",
                                                       "/v1/webhooks/{id}/log",
                                                       "/v1/reload",  // these tell
                                                       "/v1/accounts/{name}/pause",
                                                       "/v1/accounts/{name}/resume"};

/// Keys whose values say what a thing is called.
bool is_name(std::string_view key) {
  return key == "name" || key == "user" || key == "account" || key == "from";
}

std::string fields_of(const std::string& body) {
  boost::system::error_code ec;
  const json::value parsed = json::parse(body, ec);
  const json::object* const fields = ec ? nullptr : parsed.if_object();
  std::string text;
  for (const auto& field : fields == nullptr ? json::object() : *fields) {
    const std::string_view key(field.key().data(), field.key().size());
    text += (text.empty() ? ": " : ", ") + std::string(key);
    if (const json::string* value = field.value().if_string(); is_name(key) && value != nullptr) {
      text += " " + std::string(value->data(), value->size());
    }
  }
  return text;
}

}  // namespace

bool changes_a_setting(std::string_view method, std::string_view pattern) {
  return method != "GET" && std::ranges::find(kNoSettings, pattern) == kNoSettings.end();
}

events::Event setting_changed(const Request& request, Time now) {
  events::Event event;
  event.type = events::Type::operational;
  event.time = now;
  event.what = "setting_changed";
  event.user = request.by;
  event.detail =
      printable(request.method + " " + request.path + fields_of(request.body), kLongestText);
  return event;
}

}  // namespace postrider::http
