#include "base/fault.h"

#ifdef POSTRIDER_FAULT_POINTS

#include <atomic>
#include <charconv>
#include <csignal>
#include <cstdlib>
#include <string_view>

namespace postrider {
namespace {

struct Wanted {
  std::string_view name;
  std::atomic<long> left = 0;  // passes before the end
};

Wanted& wanted() {
  static Wanted made;
  static const bool is_read = [] {
    const char* text = std::getenv("POSTRIDER_FAULT");
    const std::string_view wish = text == nullptr ? "" : text;
    const auto colon = wish.find(':');
    long count = 1;
    if (colon != std::string_view::npos) {
      std::from_chars(wish.data() + colon + 1, wish.data() + wish.size(), count);
    }
    made.name = wish.substr(0, colon);
    made.left = count;
    return true;
  }();
  static_cast<void>(is_read);
  return made;
}

}  // namespace

void fault_point(const char* name) {
  Wanted& one = wanted();
  if (one.name == name && one.left.fetch_sub(1) == 1) {
    std::raise(SIGKILL);
  }
}

}  // namespace postrider

#endif
