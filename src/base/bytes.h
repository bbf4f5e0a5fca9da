// Bytes as we store and send them: fixed and variable length integers, length-prefixed strings, and
// the checksum that every stored record ends in.
//
// Keys are big-endian, so that their order as bytes is their order as numbers. Varints are LEB128.
// Pure; any thread. Reader never reads past its input: after a failure ok() is false for good and
// every value read is zero or empty.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace postrider {

void put_u64(std::string& out, std::uint64_t value);  ///< 8 bytes, big-endian
void put_u32(std::string& out, std::uint32_t value);  ///< 4 bytes, big-endian
void put_varint(std::string& out, std::uint64_t value);
void put_bytes(std::string& out, std::string_view bytes);  ///< varint length, then the bytes

class Reader {
 public:
  explicit Reader(std::string_view input) : rest_(input) {}

  std::uint64_t u64();
  std::uint32_t u32();
  std::uint8_t u8();
  std::uint64_t varint();
  std::string_view bytes();  ///< a view into the input

  bool ok() const { return ok_; }
  bool at_end() const { return rest_.empty(); }
  std::string_view rest() const { return rest_; }

 private:
  std::string_view take(std::size_t count);

  std::string_view rest_;
  bool ok_ = true;
};

/// 32 bits of XXH3: finds damage, not malice.
std::uint32_t checksum(std::string_view bytes);

/// A record is made in place: what this returns (the version, one byte), the payload behind it, and
/// then seal_record(). `payload_bytes`: about how many will follow.
std::string begin_record(std::uint8_t version, std::size_t payload_bytes);
/// Appends the checksum (four bytes) to what was begun.
std::string seal_record(std::string begun);
/// Both, around a payload that is there.
std::string seal_record(std::uint8_t version, std::string_view payload);

/// What seal_record() made; views into `record`. If it is not intact, nothing else in it
/// may be believed. Which versions are readable is the caller's business.
struct OpenedRecord {
  std::uint8_t version = 0;
  std::string_view payload;
  bool intact = false;
};
OpenedRecord open_record(std::string_view record);

}  // namespace postrider
