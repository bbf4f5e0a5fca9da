#include "cli/event_line.h"

#include <fmt/format.h>
#include <initializer_list>
#include <vector>

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/json_value.h"
#include "cli/table.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

Colour colour_of(const std::string& type) {
  if (type == "delivered" || type == "opened" || type == "clicked") {
    return Colour::good;
  }
  if (type == "deferred" || type == "suppressed" || type == "unsubscribed") {
    return Colour::doubtful;
  }
  if (type == "failed" || type == "expired" || type == "bounced" || type == "rejected") {
    return Colour::bad;
  }
  return Colour::plain;
}

/// Where, how and how long, in brackets; empty where nothing was attempted.
std::string circumstances(const json::value& event) {
  std::vector<std::string> parts;
  if (const std::string kind = text(event, "kind"); !kind.empty()) {
    parts.push_back(fmt::format("{}: {}", kind, text(event, "category")));
  }
  const std::string host = text(event, "mx_host");
  const std::string address = text(event, "mx_address");
  if (address.starts_with(host) || address.starts_with("[" + host)) {
    parts.push_back(address);  // a host that is named by its address, or by nothing
  } else {
    parts.push_back(host + (address.empty() ? "" : " ") + address);
  }
  std::erase(parts, "");
  if (const std::string tls = text(event, "tls_version"); !tls.empty()) {
    parts.push_back(tls);
  }
  if (const std::uint64_t attempt = number(event, "attempt"); attempt > 1) {
    parts.push_back(fmt::format("attempt {}", attempt));
  }
  if (const std::uint64_t took = number(event, "attempt_ms"); took > 0) {
    parts.push_back(fmt::format("{} ms", took));
  }
  if (const std::string next = text(event, "next_attempt"); !next.empty()) {
    parts.push_back("next at " + next);
  }
  if (const std::string machine = text(event, "machine"); !machine.empty()) {
    parts.push_back(fmt::format("{} by {}", machine, text(event, "machine_reason")));
  }
  return parts.empty() ? "" : fmt::format("  ({})", fmt::join(parts, ", "));
}

std::string words(const json::value& event, std::initializer_list<const char*> names) {
  for (const char* name : names) {
    if (std::string found = text(event, name); !found.empty()) {
      return printable(found);
    }
  }
  return {};
}

std::string type_of(const json::value& event) {
  const std::string type = text(event, "type");
  return paint(fmt::format("{:<11}", printable(type)), colour_of(type));
}

}  // namespace

std::string event_outcome(const json::value& event) {
  return fmt::format("{}  {}  {}{}", text(event, "time"), type_of(event),
                     words(event, {"reply", "detail", "url"}), printable(circumstances(event)));
}

std::string event_line(const json::value& event) {
  const std::uint64_t recipient = number(event, "recipient");
  return fmt::format(
      "{}  {}  {}{}  {}{}", text(event, "time"), type_of(event),
      recipient == 0 ? "" : fmt::format("{} ", recipient), printable(text(event, "to")),
      words(event, {"reply", "detail", "url", "subject"}), printable(circumstances(event)));
}

}  // namespace postrider::cli
