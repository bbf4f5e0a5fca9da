#include "base/random.h"

#include <random>

namespace postrider {

std::uint32_t random_number() {
  static thread_local std::mt19937 generator{std::random_device{}()};
  return static_cast<std::uint32_t>(generator());
}

}  // namespace postrider
