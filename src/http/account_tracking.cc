#include "http/account_tracking.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string>
#include <utility>

#include "base/text.h"
#include "relay/tracking.h"

namespace postrider::http {

using directory::Tracking;
using directory::TrackingSwitches;

namespace {

constexpr std::size_t kTextMax = 2000;

struct Switches {
  std::string_view name;
  TrackingSwitches value;
};
constexpr std::array kSwitches{Switches{"off", {}}, Switches{"opens", {.opens = true}},
                               Switches{"clicks", {.clicks = true}},
                               Switches{"both", {.opens = true, .clicks = true}}};

Result<std::string> parse_host(std::string_view text) {
  return text.empty() ? std::string() : track::read_tracking_base(text);
}

Result<std::string> check_tags(std::string_view text) {
  if (text.size() > kTextMax) {
    return fail(Errc::invalid, "is too long");
  }
  TRY_VOID(relay::read_url_tags(text));
  return std::string(text);
}

Result<std::string> check_hosts(std::string_view text) {
  std::string hosts = lower(text);
  std::ranges::replace(hosts, ',', ' ');
  if (hosts.size() > kTextMax || !std::ranges::all_of(hosts, [](char c) {
        return is_alpha(c) || is_digit(c) || std::string_view("-._ []:").contains(c);
      })) {
    return fail(Errc::invalid, "names of hosts, with a space in between, 2,000 bytes at most");
  }
  return hosts;
}

/// What the request names is read by `read`, and set where `member` says.
template <class T, class Member>
Result<> take(std::vector<std::function<void(Tracking&)>>& changes, const RequestBody& body,
              std::string_view name, Result<T> (*read)(std::string_view), Member member) {
  TRY(const std::optional<std::string> text, body.text(name));
  if (text) {
    TRY(T value, read(*text), std::string(name));
    changes.push_back(
        [member, value = std::move(value)](Tracking& tracking) { tracking.*member = value; });
  }
  return {};
}

Result<> take_flag(std::vector<std::function<void(Tracking&)>>& changes, const RequestBody& body,
                   std::string_view name, bool Tracking::* member) {
  TRY(const std::optional<bool> value, body.flag(name));
  if (value) {
    changes.push_back([member, wanted = *value](Tracking& tracking) { tracking.*member = wanted; });
  }
  return {};
}

}  // namespace

std::string_view name_of(TrackingSwitches value) {
  return std::ranges::find(kSwitches, value, &Switches::value)->name;
}

Result<TrackingSwitches> parse_switches(std::string_view name) {
  const auto* const found = std::ranges::find(kSwitches, name, &Switches::name);
  if (found == kSwitches.end()) {
    return fail(Errc::invalid, "'" + printable(name, 40) + "' is none of off, opens, clicks, both");
  }
  return found->value;
}

void write_tracking(JsonText& json, const Tracking& tracking) {
  json.field("tracking_host", tracking.host);
  json.field("privacy", to_string(tracking.privacy));
  json.field("track_bulk", name_of(tracking.bulk));
  json.field("track_transactional", name_of(tracking.transactional));
  json.field("track_text", tracking.plain_text);
  json.field("preserve_signed", tracking.preserve_signed);
  json.field("url_tags", tracking.url_tags);
  json.field("keep_hosts", tracking.kept_hosts);
}

Result<std::function<void(Tracking&)>> tracking_change(const RequestBody& body) {
  std::vector<std::function<void(Tracking&)>> changes;
  TRY_VOID(take(changes, body, "tracking_host", parse_host, &Tracking::host));
  TRY_VOID(take(changes, body, "privacy", parse_privacy, &Tracking::privacy));
  TRY_VOID(take(changes, body, "track_bulk", parse_switches, &Tracking::bulk));
  TRY_VOID(take(changes, body, "track_transactional", parse_switches, &Tracking::transactional));
  TRY_VOID(take_flag(changes, body, "track_text", &Tracking::plain_text));
  TRY_VOID(take_flag(changes, body, "preserve_signed", &Tracking::preserve_signed));
  TRY_VOID(take(changes, body, "url_tags", check_tags, &Tracking::url_tags));
  TRY_VOID(take(changes, body, "keep_hosts", check_hosts, &Tracking::kept_hosts));
  if (changes.empty()) {
    return std::function<void(Tracking&)>();
  }
  return [changes = std::move(changes)](Tracking& tracking) {
    for (const auto& change : changes) {
      change(tracking);
    }
  };
}

}  // namespace postrider::http
