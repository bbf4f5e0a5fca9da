// Writes JSON as text, in the order in which it is told. For output only: reading is Boost.JSON's.
//
// Strings must be UTF-8; bytes that are not become U+FFFD, control characters are escaped. The
// caller nests correctly: begin and end pair up, names stand in objects only. Values; any thread.
#pragma once

#include <concepts>
#include <string>
#include <string_view>

namespace postrider {

class JsonText {
 public:
  void begin_object();
  void begin_object(std::string_view name);
  void end_object();
  void begin_array();
  void begin_array(std::string_view name);
  void end_array();

  void value(std::string_view text);
  void value(const char* text) { value(std::string_view(text)); }
  void value(bool truth);
  void value(double number);
  void value(std::integral auto number) { raw(std::to_string(number)); }

  void field(std::string_view name, const auto& content) {
    key(name);
    value(content);
  }
  /// `json` is a whole JSON value already.
  void field_raw(std::string_view name, std::string_view json);
  void raw(std::string_view json);

  std::string take() { return std::move(text_); }

 private:
  void key(std::string_view name);
  void comma();

  std::string text_;
  bool needs_comma_ = false;
};

}  // namespace postrider
