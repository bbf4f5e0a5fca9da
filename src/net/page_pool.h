// Pages for what is held while a peer talks and is let go while it is silent: the kernel has a page
// back once it is no longer needed, whatever lies beside it. From the heap, a buffer of this size
// leaves a hole between small objects that stay, and a thousand silent connections keep a thousand
// holes.
//
// Thread: any; each keeps some pages at hand. What was taken by one may be given back by another.
#pragma once

#include <cstddef>
#include <memory>

namespace postrider::net {

constexpr std::size_t kPageBytes = 4096;

/// Gives back what came from take_page(), or deletes an array.
struct FreeBuffer {
  bool is_page = false;
  void operator()(char* bytes) const;
};
using Buffer = std::unique_ptr<char[], FreeBuffer>;

/// kPageBytes, not zeroed.
Buffer take_page();

/// Of another size.
Buffer allocate_buffer(std::size_t bytes);

}  // namespace postrider::net
