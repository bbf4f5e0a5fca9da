#include "cli/json_value.h"

#include <boost/json.hpp>

namespace postrider::cli {

namespace json = boost::json;

const json::value& member(const json::value& object, std::string_view name) {
  static const json::value kNothing;
  const json::object* members = object.if_object();
  const json::value* found =
      members == nullptr ? nullptr
                         : members->if_contains(json::string_view(name.data(), name.size()));
  return found == nullptr ? kNothing : *found;
}

std::string text(const json::value& object, std::string_view name) {
  const json::string* found = member(object, name).if_string();
  return found == nullptr ? std::string() : std::string(found->data(), found->size());
}

std::uint64_t number(const json::value& object, std::string_view name) {
  const json::value& found = member(object, name);
  if (const std::int64_t* value = found.if_int64()) {
    return *value < 0 ? 0 : static_cast<std::uint64_t>(*value);
  }
  const std::uint64_t* value = found.if_uint64();
  return value == nullptr ? 0 : *value;
}

bool flag(const json::value& object, std::string_view name) {
  const bool* found = member(object, name).if_bool();
  return found != nullptr && *found;
}

const json::array& list(const json::value& object, std::string_view name) {
  static const json::array kNone;
  const json::array* found = member(object, name).if_array();
  return found == nullptr ? kNone : *found;
}

std::string digits(const json::value& object, std::string_view name) {
  return std::to_string(number(object, name));
}

std::string yes_no(const json::value& object, std::string_view name) {
  return flag(object, name) ? "yes" : "no";
}

}  // namespace postrider::cli
