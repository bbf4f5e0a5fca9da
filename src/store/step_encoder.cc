#include "store/step_encoder.h"

#include "base/bytes.h"

namespace postrider::store {
namespace {

constexpr std::size_t kKeptBytes = 4 << 20;  // of a batch's memory, for the next one

rocksdb::Slice slice(std::string_view bytes) {
  return {bytes.data(), bytes.size()};
}

}  // namespace

std::uint64_t StepEncoder::encode(std::span<const Store::Request> requests, std::uint64_t next) {
  if (writes_.GetDataSize() > kKeptBytes) {
    writes_ = rocksdb::WriteBatch();
  }
  writes_.Clear();
  for (const Store::Request& request : requests) {
    for (const Step::Write& write : request.step.writes()) {
      encode(write);
    }
    for (const Step::Record& record : request.step.records()) {
      encode(record, next++);
    }
  }
  return next;
}

void StepEncoder::encode(const Step::Write& write) {
  rocksdb::ColumnFamilyHandle* family = database_.family(write.table);
  if (write.kind == Step::Kind::erase) {
    writes_.Delete(family, slice(write.key));
  } else if (write.kind == Step::Kind::erase_range) {
    writes_.DeleteRange(family, slice(write.key), slice(write.head));
  } else if (write.tail) {
    const rocksdb::Slice key = slice(write.key);
    const rocksdb::Slice parts[] = {slice(write.head), slice(*write.tail)};
    writes_.Put(family, rocksdb::SliceParts(&key, 1), rocksdb::SliceParts(parts, 2));
  } else {
    writes_.Put(family, slice(write.key), slice(write.head));
  }
}

void StepEncoder::encode(const Step::Record& record, std::uint64_t sequence) {
  key_.clear();
  put_u64(key_, sequence);
  writes_.Put(database_.family(Table::event), slice(key_), slice(record.bytes));
  if (record.about != 0) {
    key_.clear();
    put_u64(key_, record.about);
    put_u64(key_, sequence);
    writes_.Put(database_.family(Table::event_about), slice(key_), {});
  }
}

}  // namespace postrider::store
