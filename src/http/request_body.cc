#include "http/request_body.h"

#include <algorithm>
#include <charconv>

#include <boost/json.hpp>

#include "base/text.h"

namespace postrider::http {

namespace json = boost::json;

namespace {

std::string list_of(std::initializer_list<std::string_view> names) {
  std::string list;
  for (const std::string_view name : names) {
    list += (list.empty() ? "" : ", ") + std::string(name);
  }
  return list.empty() ? "nothing" : list;
}

std::unexpected<Error> wrong_kind(std::string_view name, std::string_view kind) {
  return fail(Errc::invalid, std::string(name) + " must be " + std::string(kind));
}

}  // namespace

Result<RequestBody> RequestBody::parse(std::string_view text,
                                       std::initializer_list<std::string_view> known) {
  RequestBody body;
  if (trim(text).empty()) {
    return body;
  }
  json::error_code ec;
  const json::value parsed = json::parse(json::string_view(text.data(), text.size()), ec);
  if (ec) {
    return fail(Errc::invalid, "the body is not JSON: " + ec.message());
  }
  if (!parsed.is_object()) {
    return fail(Errc::invalid, "the body must be a JSON object");
  }
  for (const auto& member : parsed.get_object()) {
    const std::string name(member.key());
    if (std::ranges::find(known, name) == known.end()) {
      return fail(Errc::invalid,
                  "there is no '" + printable(name, 60) + "'; known here: " + list_of(known));
    }
    const json::value& value = member.value();
    if (value.is_string()) {
      body.members_[name] = std::string(value.get_string());
    } else if (value.is_bool()) {
      body.members_[name] = value.get_bool();
    } else if (!value.is_null()) {
      body.members_[name] = Other();
    }
  }
  return body;
}

Result<std::optional<std::string>> RequestBody::text(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) {
    return std::optional<std::string>();
  }
  const auto* text = std::get_if<std::string>(&found->second);
  if (text == nullptr) {
    return wrong_kind(name, "a string");
  }
  return std::optional<std::string>(*text);
}

Result<std::optional<bool>> RequestBody::flag(std::string_view name) const {
  const auto found = members_.find(name);
  if (found == members_.end()) {
    return std::optional<bool>();
  }
  const bool* flag = std::get_if<bool>(&found->second);
  if (flag == nullptr) {
    return wrong_kind(name, "true or false");
  }
  return std::optional<bool>(*flag);
}

Result<std::string> RequestBody::required_text(std::string_view name) const {
  TRY(std::optional<std::string> found, text(name));
  if (!found) {
    return fail(Errc::invalid, "'" + std::string(name) + "' is missing: send a string");
  }
  return *std::move(found);
}

Result<std::uint64_t> query_number(const std::string& name, const std::string& text,
                                   std::uint64_t min, std::uint64_t max, std::uint64_t fallback) {
  if (text.empty()) {
    return fallback;
  }
  std::uint64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc() || end != text.data() + text.size() || value < min || value > max) {
    return fail(Errc::invalid, name + " must be a whole number from " + std::to_string(min) +
                                   " to " + std::to_string(max));
  }
  return value;
}

}  // namespace postrider::http
