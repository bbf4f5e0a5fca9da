#include "cli/large_blocks.h"

#include <cstdlib>
#include <malloc.h>

namespace postrider::cli {

void return_large_blocks() {
  constexpr int kLarge = 1 << 20;
  if (std::getenv("GLIBC_TUNABLES") == nullptr) {
    ::mallopt(M_MMAP_THRESHOLD, kLarge);
    ::mallopt(M_TRIM_THRESHOLD, kLarge);
  }
}

}  // namespace postrider::cli
