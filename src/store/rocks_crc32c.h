// CRC32C (RFC 3720, appendix B.4) for RocksDB by the processor's own instruction.
//
// Debian builds RocksDB for the oldest x86-64, without that instruction: every byte that is written
// or read goes through tables, a third of the commit thread's time with large mails
// (docs/performance.md). Our binary holds RocksDB's archive; rocks_crc32c.cc defines the three
// functions of its checksum, so that the linker leaves the archive's own out. What is on the disk
// stays the same. Built for x86-64 and with the archive only (replaces_rocksdb_crc32c()).
//
// Pure; any thread.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace postrider::store {

/// Whether RocksDB computes its checksums by the functions below.
bool replaces_rocksdb_crc32c();

/// The checksum of what `crc` is of, followed by `bytes`; of nothing: 0.
std::uint32_t extend_crc32c(std::uint32_t crc, std::string_view bytes);

/// The same without the instruction, for processors that lack it and to compare with; slow.
std::uint32_t extend_crc32c_by_table(std::uint32_t crc, std::string_view bytes);

/// The checksum of A followed by B, from those of A and of B and the length of B.
std::uint32_t combine_crc32c(std::uint32_t a, std::uint32_t b, std::size_t b_bytes);

}  // namespace postrider::store
