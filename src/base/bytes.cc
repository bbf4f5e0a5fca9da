#include "base/bytes.h"

#include <xxhash.h>

namespace postrider {
namespace {

template <class T>
void put_big_endian(std::string& out, T value) {
  char bytes[sizeof(T)];
  for (std::size_t i = sizeof(T); i-- > 0; value = static_cast<T>(value >> 8)) {
    bytes[i] = static_cast<char>(value & 0xFF);
  }
  out.append(bytes, sizeof(T));
}

template <class T>
T get_big_endian(std::string_view bytes) {
  T value = 0;
  for (const char byte : bytes) {
    value = static_cast<T>((value << 8) | static_cast<unsigned char>(byte));
  }
  return value;
}

constexpr std::size_t kChecksumSize = 4;

}  // namespace

void put_u64(std::string& out, std::uint64_t value) {
  put_big_endian(out, value);
}
void put_u32(std::string& out, std::uint32_t value) {
  put_big_endian(out, value);
}

void put_varint(std::string& out, std::uint64_t value) {
  char bytes[10];
  std::size_t size = 0;
  for (; value >= 0x80; value >>= 7) {
    bytes[size++] = static_cast<char>((value & 0x7F) | 0x80);
  }
  bytes[size++] = static_cast<char>(value);
  out.append(bytes, size);
}

void put_bytes(std::string& out, std::string_view bytes) {
  put_varint(out, bytes.size());
  out.append(bytes);
}

std::string_view Reader::take(std::size_t count) {
  if (!ok_ || count > rest_.size()) {
    ok_ = false;
    rest_ = {};
    return {};
  }
  const std::string_view taken = rest_.substr(0, count);
  rest_.remove_prefix(count);
  return taken;
}

std::uint64_t Reader::u64() {
  return get_big_endian<std::uint64_t>(take(8));
}
std::uint32_t Reader::u32() {
  return get_big_endian<std::uint32_t>(take(4));
}
std::uint8_t Reader::u8() {
  return get_big_endian<std::uint8_t>(take(1));
}

std::uint64_t Reader::varint() {
  std::uint64_t value = 0;
  for (unsigned shift = 0; shift < 64; shift += 7) {
    const std::uint8_t byte = u8();
    if (!ok_) {
      return 0;
    }
    const std::uint64_t bits = byte & 0x7F;
    if (bits << shift >> shift != bits) {
      break;  // more than 64 bits
    }
    value |= bits << shift;
    if ((byte & 0x80) == 0) {
      return value;
    }
  }
  ok_ = false;
  rest_ = {};
  return 0;
}

std::string_view Reader::bytes() {
  const std::uint64_t size = varint();
  return take(size);
}

std::uint32_t checksum(std::string_view bytes) {
  return static_cast<std::uint32_t>(XXH3_64bits(bytes.data(), bytes.size()));
}

std::string begin_record(std::uint8_t version, std::size_t payload_bytes) {
  std::string record;
  record.reserve(1 + payload_bytes + kChecksumSize);
  record.push_back(static_cast<char>(version));
  return record;
}

std::string seal_record(std::string begun) {
  put_u32(begun, checksum(begun));
  return begun;
}

std::string seal_record(std::uint8_t version, std::string_view payload) {
  return seal_record(begin_record(version, payload.size()).append(payload));
}

OpenedRecord open_record(std::string_view record) {
  if (record.size() < 1 + kChecksumSize) {
    return {};
  }
  const std::string_view covered = record.substr(0, record.size() - kChecksumSize);
  const std::uint32_t stored = Reader(record.substr(covered.size())).u32();
  return {.version = static_cast<std::uint8_t>(covered[0]),
          .payload = covered.substr(1),
          .intact = stored == checksum(covered)};
}

}  // namespace postrider
