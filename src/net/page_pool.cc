#include "net/page_pool.h"

#include <new>
#include <sys/mman.h>
#include <vector>

namespace postrider::net {
namespace {

#if __has_feature(address_sanitizer)
constexpr bool kPools = false;  // so that it sees whoever reads past the end
#else
constexpr bool kPools = true;
#endif

constexpr std::size_t kPagesMappedAtOnce = 256;
constexpr std::size_t kWarmMost = 64;  // the kernel takes the others back

/// Of one thread. Memory that was mapped stays mapped: pages that the kernel has back cost nothing.
struct Pool {
  std::vector<char*> warm;
  std::vector<char*> cold;

  char* take() {
    std::vector<char*>& from = warm.empty() ? cold : warm;
    if (from.empty()) {
      map_more();
    }
    char* const page = from.back();
    from.pop_back();
    return page;
  }

  void give_back(char* page) {
    if (warm.size() < kWarmMost) {
      warm.push_back(page);
      return;
    }
    ::madvise(page, kPageBytes, MADV_DONTNEED);
    cold.push_back(page);
  }

 private:
  void map_more() {
    void* const mapped = ::mmap(nullptr, kPagesMappedAtOnce * kPageBytes, PROT_READ | PROT_WRITE,
                                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) {
      throw std::bad_alloc();
    }
    for (std::size_t i = kPagesMappedAtOnce; i > 0; --i) {
      cold.push_back(static_cast<char*>(mapped) + (i - 1) * kPageBytes);
    }
  }
};

thread_local Pool pool;

}  // namespace

void FreeBuffer::operator()(char* bytes) const {
  if (is_page) {
    pool.give_back(bytes);
  } else {
    delete[] bytes;
  }
}

Buffer take_page() {
  return kPools ? Buffer(pool.take(), FreeBuffer{.is_page = true}) : allocate_buffer(kPageBytes);
}

Buffer allocate_buffer(std::size_t bytes) {
  return Buffer(new char[bytes], FreeBuffer());
}

}  // namespace postrider::net
