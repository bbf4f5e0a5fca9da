// What the session ids of an io thread begin with, in front of a number, so that no two threads
// give the same: a to z, aa, ab, ... Pure; any thread.
#pragma once

#include <cstddef>
#include <string>

namespace postrider::relay {

inline std::string session_letters(std::size_t thread) {
  std::string letters(1, static_cast<char>('a' + thread % 26));
  return thread < 26 ? letters : session_letters(thread / 26 - 1) + letters;
}

}  // namespace postrider::relay
