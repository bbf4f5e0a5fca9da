// What a process that dies never comes to: an object whose destructor does not run.
#pragma once

#include <memory>
#include <vector>

namespace postrider::test {

/// False: there is none. It stays reachable, so that no sanitizer takes it for a leak.
template <class T>
bool never_end(std::unique_ptr<T> object) {
  static auto* const all = new std::vector<T*>;
  const bool is_there = object != nullptr;
  all->push_back(object.release());
  return is_there;
}

}  // namespace postrider::test
