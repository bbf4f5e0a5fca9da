#include "store/rocks_crc32c.h"

#include <array>
#include <cstring>
#include <string>

#if defined(__x86_64__)
#include <nmmintrin.h>
#endif

namespace postrider::store {
namespace {

constexpr std::uint32_t kPolynomial = 0x82f63b78;  // 0x1edc6f41 with the lowest bit first
constexpr std::uint32_t kOne = 0x80000000;         // the polynomial 1 in that order

constexpr std::array<std::uint32_t, 256> make_table() {
  std::array<std::uint32_t, 256> table{};
  for (std::uint32_t i = 0; i < table.size(); ++i) {
    std::uint32_t value = i;
    for (int bit = 0; bit < 8; ++bit) {
      value = (value & 1) != 0 ? (value >> 1) ^ kPolynomial : value >> 1;
    }
    table[i] = value;
  }
  return table;
}
constexpr std::array<std::uint32_t, 256> kTable = make_table();

/// The product of two polynomials modulo ours.
constexpr std::uint32_t multiply(std::uint32_t a, std::uint32_t b) {
  std::uint32_t product = 0;
  for (std::uint32_t bit = kOne; bit != 0; bit >>= 1) {
    if ((a & bit) != 0) {
      product ^= b;
    }
    b = (b & 1) != 0 ? (b >> 1) ^ kPolynomial : b >> 1;
  }
  return product;
}

/// x to the power of 8 * 2^i: what 2^i bytes move a polynomial up by.
constexpr std::array<std::uint32_t, 64> make_powers() {
  std::array<std::uint32_t, 64> powers{};
  std::uint32_t power = kOne >> 8;
  for (std::uint32_t& entry : powers) {
    entry = power;
    power = multiply(power, power);
  }
  return powers;
}
constexpr std::array<std::uint32_t, 64> kPowers = make_powers();

#if defined(__x86_64__)

__attribute__((target("sse4.2"))) std::uint32_t extend_by_instruction(std::uint32_t crc,
                                                                      std::string_view bytes) {
  std::uint64_t state = ~crc;
  const char* at = bytes.data();
  const char* const end = at + bytes.size();
  for (; end - at >= 8; at += 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, at, 8);
    state = _mm_crc32_u64(state, word);
  }
  auto rest = static_cast<std::uint32_t>(state);
  for (; at != end; ++at) {
    rest = _mm_crc32_u8(rest, static_cast<unsigned char>(*at));
  }
  return ~rest;
}

#endif

}  // namespace

std::uint32_t extend_crc32c_by_table(std::uint32_t crc, std::string_view bytes) {
  std::uint32_t state = ~crc;
  for (const char c : bytes) {
    state = (state >> 8) ^ kTable[(state ^ static_cast<unsigned char>(c)) & 0xff];
  }
  return ~state;
}

std::uint32_t extend_crc32c(std::uint32_t crc, std::string_view bytes) {
#if defined(__x86_64__)
  static const bool has_instruction = __builtin_cpu_supports("sse4.2") != 0;
  if (has_instruction) {
    return extend_by_instruction(crc, bytes);
  }
#endif
  return extend_crc32c_by_table(crc, bytes);
}

std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::size_t b_bytes) {
  // A is moved up by the bits of B: multiplied by x to that power.
  for (std::size_t i = 0; i < kPowers.size() && b_bytes >> i != 0; ++i) {
    if (((b_bytes >> i) & 1) != 0) {
      a = multiply(a, kPowers[i]);
    }
  }
  return a ^ b;
}

}  // namespace postrider::store

#if defined(__x86_64__) && !defined(POSTRIDER_SHARED_ROCKSDB)

// What RocksDB 7.8 declares in util/crc32c.h, which is not among the headers it installs. Another
// version that asks for more finds it in the archive, and the linker says that the names are twice.
namespace rocksdb::crc32c {

std::uint32_t Extend(std::uint32_t crc, const char* data, std::size_t size);
std::uint32_t Crc32cCombine(std::uint32_t a, std::uint32_t b, std::size_t b_bytes);
std::string IsFastCrc32Supported();

std::uint32_t Extend(std::uint32_t crc, const char* data, std::size_t size) {
  return postrider::store::extend_crc32c(crc, {data, size});
}

std::uint32_t Crc32cCombine(std::uint32_t a, std::uint32_t b, std::size_t b_bytes) {
  return postrider::store::combine_crc32c(a, b, b_bytes);
}

std::string IsFastCrc32Supported() {
  return "by Postrider";
}

}  // namespace rocksdb::crc32c

namespace postrider::store {

bool replaces_rocksdb_crc32c() {
  return rocksdb::crc32c::IsFastCrc32Supported() == "by Postrider";
}

}  // namespace postrider::store

#else

namespace postrider::store {

bool replaces_rocksdb_crc32c() {
  return false;
}

}  // namespace postrider::store

#endif
