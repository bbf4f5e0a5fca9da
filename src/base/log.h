// The log: one line an event, a message that never varies and fields that do.
//
//   log::info("message accepted", {{"session", "a1-17"}, {"message", to_string(id)}});
//   2026-11-24T05:52:12.345Z info message accepted session=a1-17 message=73061140480256
//
// Values may come from the network: control characters are neutralised here and values with spaces
// are quoted. Never pass a password or a token. Any thread.
#pragma once

#include <initializer_list>
#include <string>
#include <string_view>

#include "base/result.h"

namespace postrider::log {

struct Field {
  std::string_view name;
  std::string value;
};
using Fields = std::initializer_list<Field>;

enum class Level { debug, info, warning, error };
enum class Format { text, json };

struct Options {
  Level level = Level::info;
  Format format = Format::text;
};

/// Lines go to standard error; info as text before the first call. Any thread, also on a reload.
void configure(Options options);
Result<Level> parse_level(std::string_view name);  ///< debug, info, warning, error

bool enabled(Level level);
void debug(std::string_view message, Fields fields = {});
void info(std::string_view message, Fields fields = {});
void warning(std::string_view message, Fields fields = {});
void error(std::string_view message, Fields fields = {});

}  // namespace postrider::log
