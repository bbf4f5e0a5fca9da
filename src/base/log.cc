#include "base/log.h"

#include <atomic>
#include <chrono>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "base/clock.h"
#include "base/quoted.h"
#include "base/text.h"

namespace postrider::log {
namespace {

struct Target {
  std::shared_ptr<spdlog::logger> logger = [] {
    auto made = std::make_shared<spdlog::logger>("postrider",
                                                 std::make_shared<spdlog::sinks::stderr_sink_mt>());
    made->set_pattern("%v");
    return made;
  }();
  std::atomic<Format> format = Format::text;
};

// The one global: a log has to work before anything is built and after everything is gone.
Target& target() {
  static Target instance;
  return instance;
}

constexpr std::string_view kNames[] = {"debug", "info", "warning", "error"};

spdlog::level::level_enum to_spdlog(Level level) {
  switch (level) {
    case Level::debug:
      return spdlog::level::debug;
    case Level::info:
      return spdlog::level::info;
    case Level::warning:
      return spdlog::level::warn;
    case Level::error:
      return spdlog::level::err;
  }
  return spdlog::level::info;
}

std::string text_line(std::string_view level, std::string_view message, Fields fields) {
  std::string line = format_time(SystemClock().now());
  line.append(" ").append(level).append(" ").append(message);
  for (const Field& field : fields) {
    const std::string value = printable(field.value);
    line.append(" ").append(field.name).append("=");
    if (value.empty() || value.find_first_of(" \"=") != std::string::npos) {
      append_quoted(line, value);
    } else {
      line.append(value);
    }
  }
  return line;
}

std::string json_line(std::string_view level, std::string_view message, Fields fields) {
  std::string line = "{\"time\":\"" + format_time(SystemClock().now()) + "\",\"level\":\"";
  line.append(level).append("\",\"message\":");
  append_quoted(line, message);
  for (const Field& field : fields) {
    line.append(",\"").append(field.name).append("\":");
    append_quoted(line, printable(field.value));
  }
  return line + "}";
}

void write(Level level, std::string_view message, Fields fields) {
  Target& to = target();
  if (!to.logger->should_log(to_spdlog(level))) {
    return;
  }
  const std::string_view name = kNames[static_cast<std::size_t>(level)];
  to.logger->log(to_spdlog(level), to.format == Format::json ? json_line(name, message, fields)
                                                             : text_line(name, message, fields));
}

}  // namespace

void configure(Options options) {
  target().logger->set_level(to_spdlog(options.level));
  target().format = options.format;
}

Result<Level> parse_level(std::string_view name) {
  for (std::size_t i = 0; i < std::size(kNames); ++i) {
    if (kNames[i] == name) {
      return static_cast<Level>(i);
    }
  }
  return fail(Errc::invalid, "'" + printable(name, 40) +
                                 "' is not a log level: use debug, info, warning or error");
}

bool enabled(Level level) {
  return target().logger->should_log(to_spdlog(level));
}
void debug(std::string_view message, Fields fields) {
  write(Level::debug, message, fields);
}
void info(std::string_view message, Fields fields) {
  write(Level::info, message, fields);
}
void warning(std::string_view message, Fields fields) {
  write(Level::warning, message, fields);
}
void error(std::string_view message, Fields fields) {
  write(Level::error, message, fields);
}

}  // namespace postrider::log
