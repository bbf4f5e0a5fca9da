#include "cli/refusal_line.h"

#include <boost/json.hpp>

#include "base/text.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

Result<> take_text(const json::object& object, const char* name, std::string& into) {
  const json::value* found = object.if_contains(name);
  if (found == nullptr || found->is_null()) {
    return {};
  }
  const json::string* text = found->if_string();
  if (text == nullptr) {
    return fail(Errc::invalid, "\"" + std::string(name) + "\" is neither a string nor null");
  }
  into.assign(text->data(), text->size());
  return {};
}

Result<> take_code(const json::object& object, int& into) {
  const json::value* found = object.if_contains("code");
  if (found == nullptr || found->is_null()) {
    return {};
  }
  const std::int64_t* code = found->if_int64();
  if (code == nullptr || (*code != 0 && (*code < 100 || *code > 999))) {
    return fail(Errc::invalid, "\"code\" is neither a reply code nor null");
  }
  into = static_cast<int>(*code);
  return {};
}

Result<RefusalLine> parse_object(const json::object& object) {
  RefusalLine refusal;
  const bool is_event = !object.contains("text") && object.contains("reply");
  TRY_VOID(take_text(object, is_event ? "reply" : "text", refusal.said.text));
  TRY_VOID(take_code(object, refusal.said.code));
  TRY_VOID(take_text(object, "enhanced", refusal.said.enhanced));
  TRY_VOID(take_text(object, object.contains("mx") ? "mx" : "mx_host", refusal.said.mx));
  TRY_VOID(take_text(object, "provider", refusal.said.provider));
  TRY_VOID(take_text(object, "phase", refusal.said.phase));
  TRY_VOID(take_text(object, object.contains("sender") ? "sender" : "from", refusal.sender));
  const json::value* text = object.if_contains(is_event ? "reply" : "text");
  if (text == nullptr || text->is_null()) {
    return fail(Errc::invalid, "\"text\" is missing");
  }
  return refusal;
}

}  // namespace

Result<RefusalLine> parse_refusal(std::string_view line) {
  const std::string_view trimmed = trim(line);
  if (trimmed.empty()) {
    return fail(Errc::invalid, "the line is empty");
  }
  if (!trimmed.starts_with('{')) {
    RefusalLine bare;
    bare.said.text = line;
    return bare;
  }
  json::error_code ec;
  const json::value value = json::parse(json::string_view(trimmed.data(), trimmed.size()), ec);
  if (ec) {
    return fail(Errc::invalid, "not JSON: " + ec.message());
  }
  return parse_object(value.get_object());
}

}  // namespace postrider::cli
