// Turns steps into one write batch of RocksDB, giving events their sequence numbers.
// Included by the commit thread only. One thread.
#pragma once

#include <cstdint>
#include <rocksdb/write_batch.h>
#include <span>
#include <string>

#include "store/database.h"
#include "store/store.h"

namespace postrider::store {

class StepEncoder {
 public:
  explicit StepEncoder(const Database& database) : database_(database) {}

  /// Fills writes() with these steps and nothing else; the first event gets the number `next`.
  /// Returns the number behind the last one given.
  std::uint64_t encode(std::span<const Store::Request> requests, std::uint64_t next);
  rocksdb::WriteBatch& writes() { return writes_; }

 private:
  void encode(const Step::Write& write);
  void encode(const Step::Record& record, std::uint64_t sequence);

  const Database& database_;
  rocksdb::WriteBatch writes_;
  std::string key_;
};

}  // namespace postrider::store
