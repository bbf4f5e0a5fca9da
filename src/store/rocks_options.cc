#include "store/rocks_options.h"

#include <cstdarg>
#include <rocksdb/cache.h>
#include <rocksdb/env.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/rate_limiter.h>
#include <rocksdb/table.h>

#include "base/log.h"
#include "base/text.h"
#include "store/ordered_memtable.h"
#include "store/rocks_crc32c.h"

namespace postrider::store {
namespace {

constexpr std::size_t kBlockCacheBytes = 16 << 20;
constexpr std::size_t kBlockBytes = 4 << 10;
constexpr std::size_t kBlockBytesOfRuns = 16 << 10;
constexpr std::uint64_t kSmallWriteBuffer = 4 << 20;
/// Of what consumers of the event log derive from it: rows all over the table. With small buffers
/// each level was written again and again, and whoever counted a log anew filled three of them
/// before one was on disk: writing stood still, that of mail with it.
constexpr std::uint64_t kDerivedWriteBuffer = 8 << 20;
constexpr std::uint64_t kDerivedLevelBytes = 64 << 20;
constexpr int kZstdLevel = 3;
constexpr std::uint32_t kDictionaryBytes = 16 << 10;
constexpr std::uint32_t kDictionarySampleBytes = 100 * kDictionaryBytes;
/// A file's blocks wait in memory until there is a dictionary: all of a file's if nothing is said.
constexpr std::uint64_t kDictionaryBufferBytes = 4 << 20;

/// Whether rows are asked for by their whole key, and may not be there. Reading ranges a filter
/// does not help: it only costs memory (10 bits a key of every file that is open) and the time to
/// make it.
enum class Filter : std::uint8_t { none, whole_keys };

std::shared_ptr<rocksdb::TableFactory> table_files(const std::shared_ptr<rocksdb::Cache>& cache,
                                                   std::size_t block_bytes, Filter filter) {
  constexpr double kBitsPerKey = 10;
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = block_bytes;
  if (filter == Filter::whole_keys) {
    table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(kBitsPerKey));
  }
  return std::shared_ptr<rocksdb::TableFactory>(rocksdb::NewBlockBasedTableFactory(table));
}

rocksdb::ColumnFamilyOptions small_records(std::uint64_t write_buffer,
                                           const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family;
  family.write_buffer_size = write_buffer;
  family.max_write_buffer_number = 3;
  family.compression = rocksdb::kLZ4Compression;
  family.level_compaction_dynamic_level_bytes = true;
  family.memtable_factory = ordered_memtables();
  family.table_factory = table_files(cache, kBlockBytes, Filter::whole_keys);
  return family;
}

/// What is kept for weeks: packed tightly once it has come to the last level, and lightly above it,
/// where it is soon written again. A dictionary made of each file's own records is what tells: the
/// same hosts, ciphers and words stand in all of them. Blocks are larger, because it is mostly read
/// in runs. What that gave: docs/performance.md.
rocksdb::ColumnFamilyOptions kept_long(std::uint64_t write_buffer,
                                       const std::shared_ptr<rocksdb::Cache>& cache,
                                       Filter filter) {
  rocksdb::ColumnFamilyOptions family = small_records(write_buffer, cache);
  family.bottommost_compression = rocksdb::kZSTD;
  family.bottommost_compression_opts.enabled = true;
  family.bottommost_compression_opts.level = kZstdLevel;
  family.bottommost_compression_opts.max_dict_bytes = kDictionaryBytes;
  family.bottommost_compression_opts.zstd_max_train_bytes = kDictionarySampleBytes;
  family.bottommost_compression_opts.max_dict_buffer_bytes = kDictionaryBufferBytes;
  family.table_factory = table_files(cache, kBlockBytesOfRuns, filter);
  return family;
}

rocksdb::ColumnFamilyOptions derived(const std::shared_ptr<rocksdb::Cache>& cache, Filter filter) {
  rocksdb::ColumnFamilyOptions family = kept_long(kDerivedWriteBuffer, cache, filter);
  family.max_bytes_for_level_base = kDerivedLevelBytes;
  return family;
}

/// Ranges of a few rows are read of it, rarely, by keys that follow no order; a filter of our own
/// stands in front (suppression/filter.h). So it has none here, and its index is cut into blocks
/// that are kept only while they are used: 100 million rows cost no memory.
rocksdb::ColumnFamilyOptions seldom_read(const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family = small_records(kSmallWriteBuffer, cache);
  rocksdb::BlockBasedTableOptions table;
  table.block_cache = cache;
  table.block_size = kBlockBytesOfRuns;
  table.index_type = rocksdb::BlockBasedTableOptions::kTwoLevelIndexSearch;
  table.cache_index_and_filter_blocks = true;
  family.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  family.target_file_size_base = 256 << 20;
  return family;
}

/// Bodies go to blob files: compaction then moves keys, not mail. Most are deleted before their
/// write buffer is flushed and never reach a file at all.
rocksdb::ColumnFamilyOptions bodies(std::uint64_t write_buffer,
                                    const std::shared_ptr<rocksdb::Cache>& cache) {
  rocksdb::ColumnFamilyOptions family = small_records(write_buffer, cache);
  family.enable_blob_files = true;
  family.min_blob_size = 512;
  family.blob_file_size = 256 << 20;
  family.blob_compression_type = rocksdb::kNoCompression;
  family.enable_blob_garbage_collection = true;
  family.blob_garbage_collection_age_cutoff = 0.25;
  family.blob_garbage_collection_force_threshold = 0.5;
  return family;
}

/// RocksDB's words in our log. Its own logger would keep a file in the database's directory, and on
/// a full disk that logger ends the process by an assertion (RocksDB 7.8 as Debian builds it).
class ToOurLog final : public rocksdb::Logger {
 public:
  ToOurLog() : rocksdb::Logger(rocksdb::WARN_LEVEL) {}
  using rocksdb::Logger::Logv;
  void Logv(const char* format, std::va_list values) override {
    char line[1024];
    std::vsnprintf(line, sizeof(line), format, values);
    if (std::string_view(line).find("File Deletions") != std::string_view::npos) {
      return;  // of every checkpoint: what it calls inside also holds files back
    }
    log::warning("the database says", {{"what", std::string(trim(line))}});
  }
};

}  // namespace

rocksdb::DBOptions database_options(const StoreOptions& options) {
  rocksdb::DBOptions db;
  db.create_if_missing = !options.read_only;
  db.create_missing_column_families = !options.read_only;
  db.max_total_wal_size = 128 << 20;  // bounds what a start has to replay
  db.recycle_log_file_num = 0;        // on, the flush thread died (RocksDB 7.8, measured)
  db.max_background_jobs = 2;
  db.allow_concurrent_memtable_write = false;  // one writer
  db.enable_write_thread_adaptive_yield = false;
  db.avoid_flush_during_shutdown = true;  // the log is synced: a stop takes no longer than a kill
  db.max_open_files = static_cast<int>(options.open_files_max);
  db.stats_dump_period_sec = 0;
  db.stats_persist_period_sec = 0;
  db.bytes_per_sync = 1 << 20;
  db.info_log = std::make_shared<ToOurLog>();
  // Asked here so that the linker takes our checksum before it comes to RocksDB's.
  log::debug("the database's checksum", {{"ours", replaces_rocksdb_crc32c() ? "yes" : "no"}});
  if (!options.read_only) {
    db.rate_limiter.reset(rocksdb::NewGenericRateLimiter(200 << 20));
  }
  return db;
}

std::vector<rocksdb::ColumnFamilyDescriptor> column_families(const StoreOptions& options) {
  const auto cache = rocksdb::NewLRUCache(kBlockCacheBytes);
  std::vector<rocksdb::ColumnFamilyDescriptor> families = {
      {rocksdb::kDefaultColumnFamilyName, small_records(kSmallWriteBuffer, cache)},
      {"meta", small_records(options.write_buffer_bytes, cache)},
      {"recipient", small_records(kSmallWriteBuffer, cache)},
      {"body", bodies(options.write_buffer_bytes, cache)},
      {"event", kept_long(options.write_buffer_bytes, cache, Filter::none)},
      {"event_about", kept_long(kSmallWriteBuffer, cache, Filter::none)},
      {"set_aside", small_records(kSmallWriteBuffer, cache)},
      {"cursor", small_records(kSmallWriteBuffer, cache)},
      {"counter", derived(cache, Filter::whole_keys)},
      {"search", derived(cache, Filter::none)},
      {"link", small_records(kSmallWriteBuffer, cache)},
      {"webhook", small_records(kSmallWriteBuffer, cache)},
      {"suppression", seldom_read(cache)},
      {"health", small_records(kSmallWriteBuffer, cache)},
      {"content", bodies(kSmallWriteBuffer, cache)},
  };
  for (rocksdb::ColumnFamilyDescriptor& family : families) {
    if (!options.compress) {
      family.options.compression = rocksdb::kNoCompression;
      family.options.bottommost_compression = rocksdb::kNoCompression;
    }
  }
  return families;
}

Error explain(const rocksdb::Status& status) {
  const Errc code = status.IsCorruption() ? Errc::corrupt : Errc::unavailable;
  return {code, status.ToString()};
}

}  // namespace postrider::store
