#include "base/json_text.h"

#include <cmath>
#include <fmt/format.h>

#include "base/utf8.h"

namespace postrider {
namespace {

void append_escaped(std::string& out, char c) {
  switch (c) {
    case '"':
      out += "\\\"";
      break;
    case '\\':
      out += "\\\\";
      break;
    case '\n':
      out += "\\n";
      break;
    case '\r':
      out += "\\r";
      break;
    case '\t':
      out += "\\t";
      break;
    default:
      out += fmt::format("\\u{:04x}", static_cast<unsigned char>(c));
  }
}

void append_string(std::string& out, std::string_view text) {
  out.push_back('"');
  while (!text.empty()) {
    const std::size_t length = utf8_length(text);
    const char c = text[0];
    if (length == 0) {
      out += "\\ufffd";
    } else if (length == 1 && (c < 0x20 || c == '"' || c == '\\' || c == 0x7F)) {
      append_escaped(out, c);
    } else if (length == 2 && c == '\xC2' && static_cast<unsigned char>(text[1]) < 0xA0) {
      append_escaped(out, text[1]);  // C1: U+0080 to U+009F, whose second byte is the code point
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length == 0 ? 1 : length);
  }
  out.push_back('"');
}

}  // namespace

void JsonText::comma() {
  if (needs_comma_) {
    text_.push_back(',');
  }
  needs_comma_ = true;
}

void JsonText::key(std::string_view name) {
  comma();
  append_string(text_, name);
  text_.push_back(':');
  needs_comma_ = false;
}

void JsonText::begin_object() {
  comma();
  text_.push_back('{');
  needs_comma_ = false;
}

void JsonText::begin_object(std::string_view name) {
  key(name);
  begin_object();
}

void JsonText::end_object() {
  text_.push_back('}');
  needs_comma_ = true;
}

void JsonText::begin_array() {
  comma();
  text_.push_back('[');
  needs_comma_ = false;
}

void JsonText::begin_array(std::string_view name) {
  key(name);
  begin_array();
}

void JsonText::end_array() {
  text_.push_back(']');
  needs_comma_ = true;
}

void JsonText::value(std::string_view text) {
  comma();
  append_string(text_, text);
}

void JsonText::value(bool truth) {
  raw(truth ? "true" : "false");
}

void JsonText::value(double number) {
  raw(std::isfinite(number) ? fmt::format("{}", number) : "null");
}

void JsonText::field_raw(std::string_view name, std::string_view json) {
  key(name);
  raw(json);
}

void JsonText::raw(std::string_view json) {
  comma();
  text_ += json;
}

}  // namespace postrider
