// The lines of the two logs that are compared after a load: what was answered, and what arrived.
//
//   RUN NUMBER MICROSECONDS CODE      of `load`: answered with CODE at that time; 000: no answer
//   RUN NUMBER MICROSECONDS BEFORE    of `simulator --count`: arrived then, after so many copies
//
// RUN is 8 hexadecimal digits, microseconds are those since 1970. Pure; any thread.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "load/load_id.h"

namespace postrider::load {

using Micros = std::chrono::sys_time<std::chrono::microseconds>;

struct Answered {
  LoadId id;
  Micros at{};
  int code = 0;  ///< 0: the connection broke, or nothing came in time

  bool operator==(const Answered&) const = default;
  bool is_accepted() const { return code >= 200 && code < 300; }
};

struct Arrived {
  LoadId id;
  Micros at{};
  std::uint32_t copies_before = 0;

  bool operator==(const Arrived&) const = default;
};

/// Each appends one line with its '\n'.
void append_line(std::string& out, const Answered& answered);
void append_line(std::string& out, const Arrived& arrived);

/// A line without its '\n'; nothing if it isn't one.
std::optional<Answered> parse_answered(std::string_view line);
std::optional<Arrived> parse_arrived(std::string_view line);

}  // namespace postrider::load
