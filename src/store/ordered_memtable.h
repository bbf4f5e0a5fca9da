// What RocksDB keeps in memory until it is flushed, as a SkipList of ours (skip_list.h says why):
// entries of a column family, in order.
//
// Needs `allow_concurrent_memtable_write` to be off, as rocks_options.cc has it.
#pragma once

#include <memory>
#include <rocksdb/memtablerep.h>

namespace postrider::store {

std::shared_ptr<rocksdb::MemTableRepFactory> ordered_memtables();

}  // namespace postrider::store
