// Where, among 64 bytes, certain bytes are: one bit each, the first byte the lowest bit. SSE2 where
// there is any (every x86-64), plain loops elsewhere. Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace postrider {

constexpr std::size_t kMaskBytes = 64;

#if defined(__SSE2__)

/// 64 bytes from `data`, loaded once and compared as often as needed.
class Bytes64 {
 public:
  explicit Bytes64(const char* data) {
    for (int i = 0; i < 4; ++i) {
      part_[i] = _mm_loadu_si128(reinterpret_cast<const __m128i*>(data + 16 * i));
    }
  }

  std::uint64_t equal_to(char c) const {
    const __m128i wanted = _mm_set1_epi8(c);
    std::uint64_t mask = 0;
    for (int i = 0; i < 4; ++i) {
      const int bits = _mm_movemask_epi8(_mm_cmpeq_epi8(part_[i], wanted));
      mask |= std::uint64_t{static_cast<std::uint16_t>(bits)} << (16 * i);
    }
    return mask;
  }

 private:
  __m128i part_[4];
};

#else

class Bytes64 {
 public:
  explicit Bytes64(const char* data) { std::memcpy(data_, data, kMaskBytes); }

  std::uint64_t equal_to(char c) const {
    std::uint64_t mask = 0;
    for (unsigned i = 0; i < kMaskBytes; ++i) {
      mask |= std::uint64_t{data_[i] == c} << i;
    }
    return mask;
  }

 private:
  char data_[kMaskBytes];
};

#endif

/// At most 64 bytes; what is missing is filled with zeros.
inline Bytes64 load_bytes(std::string_view part) {
  if (part.size() >= kMaskBytes) {
    return Bytes64(part.data());
  }
  std::array<char, kMaskBytes> padded{};
  std::memcpy(padded.data(), part.data(), part.size());
  return Bytes64(padded.data());
}

}  // namespace postrider
