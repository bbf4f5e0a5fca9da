#include "http/account_retention.h"

#include <optional>
#include <string>

#include "base/text.h"
#include "retention/options.h"

namespace postrider::http {
namespace {

using std::chrono::days;

/// What is to be set: nothing in it for "".
struct Wish {
  bool is_named = false;
  std::optional<days> value;
};

Result<Wish> wish_of(const RequestBody& body, const char* member, days least, days most) {
  TRY(const std::optional<std::string> text, body.text(member));
  Wish wish{.is_named = text.has_value(), .value = {}};
  if (!text || text->empty()) {
    return wish;
  }
  const Result<Duration> wanted = *text == "0" ? Duration(0) : parse_duration(*text);
  if (!wanted || *wanted < least || *wanted > most || *wanted % days(1) != Duration(0)) {
    return fail(Errc::invalid, std::string(member) + " must be whole days, from " +
                                   std::to_string(least.count()) + "d to " +
                                   std::to_string(most.count()) +
                                   "d, or empty: as the installation has it");
  }
  wish.value = std::chrono::duration_cast<days>(*wanted);
  return wish;
}

void write(JsonText& json, std::string_view name, const std::optional<days>& value) {
  json.field(name, value ? std::to_string(value->count()) + "d" : std::string());
}

}  // namespace

void write_retention(JsonText& json, const directory::Retention& retention) {
  write(json, "keep_events", retention.events);
  write(json, "keep_messages", retention.content);
}

Result<std::function<void(directory::Retention&)>> retention_change(const RequestBody& body) {
  constexpr days kEventsMost{3650};
  constexpr auto kContentDays = std::chrono::duration_cast<days>(retention::kContentMost);
  TRY(const Wish events, wish_of(body, "keep_events", days(1), kEventsMost));
  TRY(const Wish content, wish_of(body, "keep_messages", days(0), kContentDays));
  if (!events.is_named && !content.is_named) {
    return std::function<void(directory::Retention&)>();
  }
  return std::function<void(directory::Retention&)>([=](directory::Retention& retention) {
    retention.events = events.is_named ? events.value : retention.events;
    retention.content = content.is_named ? content.value : retention.content;
  });
}

}  // namespace postrider::http
