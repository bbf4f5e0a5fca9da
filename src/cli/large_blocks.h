// Gives memory of large blocks back to the kernel as soon as they are freed.
//
// glibc's malloc maps blocks above a threshold by themselves, and raises that threshold to the
// largest one that was ever freed (mallopt(3), M_MMAP_THRESHOLD). RocksDB's memory comes in blocks
// of 1 MiB: after the first flush they lay in the heaps of threads, between small ones that live
// on, and half of the memory was held for nothing (docs/performance.md). An operator's own
// GLIBC_TUNABLES are left alone.
//
// Thread: main's, before any other is started.
#pragma once

namespace postrider::cli {

void return_large_blocks();

}  // namespace postrider::cli
