// How RocksDB is set up for what we keep in it, and why. Included by the files that talk to RocksDB
// only: its header is heavy.
#pragma once

#include <memory>
#include <rocksdb/db.h>
#include <rocksdb/options.h>
#include <vector>

#include "store/store.h"

namespace postrider::store {

rocksdb::DBOptions database_options(const StoreOptions& options);

/// In the order of Table, behind RocksDB's own "default", which stays empty.
std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const StoreOptions& options);

/// Errc::corrupt for what is damaged, Errc::unavailable for everything else.
Error explain(const rocksdb::Status& status);

}  // namespace postrider::store
