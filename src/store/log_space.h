// Room on the disk for the write-ahead log, taken before a commit is written: RocksDB can't be
// trusted to go on with a log that met a full disk, nor does it where it could not begin one.
//
// The log that is written and the one that comes next have blocks of their own, 8 MiB ahead of what
// is written (more for a larger commit). The next one lies beside the database as a file of its own
// and needs no inode when it is begun. So a commit for which take() said yes does not find the disk
// full, whatever others do to it meanwhile. Where the file system can't reserve blocks (ext3, some
// network file systems), or another thread has just begun a log (Store::purge()), that is no
// promise, and CommitThread has its last resort.
//
// Included by the files that talk to RocksDB only. Any thread.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>

namespace rocksdb {
class Env;
}

namespace postrider::store {

class LogSpace {
 public:
  /// `directory`: of the database; as it is opened, to the letter.
  explicit LogSpace(const std::filesystem::path& directory);
  ~LogSpace();
  LogSpace(const LogSpace&) = delete;
  LogSpace& operator=(const LogSpace&) = delete;

  /// To open the database with, which must be gone before this.
  rocksdb::Env& env() const;

  /// Before a commit of so many bytes. False: there is no room for it, and nothing has been
  /// written.
  bool take(std::uint64_t bytes) const;

 private:
  class Logs;
  class Files;
  class Log;
  std::shared_ptr<Logs> logs_;
  std::unique_ptr<rocksdb::Env> env_;
};

}  // namespace postrider::store
