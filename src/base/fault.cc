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
  Wanted() {
    const char* text = std::getenv("POSTRIDER_FAULT");
    const std::string_view wish = text == nullptr ? "" : text;
    const auto colon = wish.find(':');
    name = wish.substr(0, colon);
    if (colon != std::string_view::npos) {
      long count = 1;
      std::from_chars(wish.data() + colon + 1, wish.data() + wish.size(), count);
      left = count;
    }
  }

  std::string_view name;
  std::atomic<long> left = 1;  // passes before the end
};

}  // namespace

void fault_point(const char* name) {
  static Wanted one;
  if (one.name == name && one.left.fetch_sub(1) == 1) {
    std::raise(SIGKILL);
  }
}

}  // namespace postrider

#else

namespace postrider {

void fault_point(const char* /*name*/) {}

}  // namespace postrider

#endif
