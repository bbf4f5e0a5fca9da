// What a fuzz target demands. Where a demand does not hold the process ends with its name, and the
// fuzzer keeps the input.
#pragma once

#include <cstdlib>
#include <iostream>
#include <string_view>

namespace postrider::fuzz {

inline void require(bool holds, std::string_view what, std::string_view shown = {}) {
  if (!holds) {
    std::cerr << "broken: " << what << (shown.empty() ? "" : ": ") << shown << std::endl;
    std::abort();
  }
}

}  // namespace postrider::fuzz
