// On a full disk of the test's own, where the test chooses what finds no room: RocksDB's flushes
// are held until they are let go. For its log it finds none only where the file system can't
// reserve blocks.
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <string>

#include "store/store.h"
#include "support/held_flushes.h"
#include "support/running_store.h"
#include "support/small_disk.h"

namespace postrider::store {
namespace {

using test::HeldFlushes;
using test::put;
using test::RunningStore;
using test::SmallDisk;

constexpr std::uint64_t kDisk = 256 << 20;
constexpr int kFillBuffer = 6;  // commits of 256 KiB: one write buffer of 1 MiB, and not a third

/// Where nothing can be reserved, filling is slow.
constexpr std::uint64_t kSmallDisk = 96 << 20;
constexpr const char* kNoReserving = "^extent,^64bit";

/// With less than 4 MiB free a commit does not come as far as RocksDB; 8 MiB count as room again.
StoreOptions small(const SmallDisk& disk) {
  return {
      .directory = disk.path() / "db", .write_buffer_bytes = 1 << 20, .reserve_bytes = 16 << 20};
}
/// Between the two, also with the 1 MiB that RocksDB gives back when it closes a log.
constexpr std::uint64_t kTooLittle = 5 << 20;

void commit_some(RunningStore& store, int count, std::size_t size = 256 << 10) {
  for (int i = 0; i < count; ++i) {
    ASSERT_TRUE(store.commit(put(Table::body, "big" + std::to_string(i), std::string(size, 'b'))));
  }
}

void expect_some(RunningStore& store, int count) {
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  for (int i = 0; i < count; ++i) {
    EXPECT_TRUE(*store->get(Table::body, "big" + std::to_string(i))) << i;
  }
}

/// A flush waits once RocksDB has begun another log.
std::ptrdiff_t logs(const SmallDisk& disk) {
  return std::ranges::count_if(std::filesystem::directory_iterator(disk.path() / "db"),
                               [](const auto& file) { return file.path().extension() == ".log"; });
}

struct FullLog {
  std::string name;
  int committed;  ///< before the disk is full
  int logs;       ///< that there are then
};

class LogThatFoundNoRoom : public testing::TestWithParam<FullLog> {};

// RocksDB can't be trusted to go on: with nothing in memory it keeps the broken log, and a flush
// that waited in that moment it never begins, but waits for it.
TEST_P(LogThatFoundNoRoom, EndsInALatchOnceThereIsRoomAndTheNextStartHasAll) {
  MOUNT_OR_SKIP(disk, kSmallDisk, kNoReserving)
  const int committed = GetParam().committed;
  {
    RunningStore store(small(disk));
    {
      const HeldFlushes held;
      commit_some(store, committed);
      ASSERT_EQ(logs(disk), GetParam().logs);
      disk.fill(kTooLittle);
      const Result<> refused = store.commit(put(Table::body, "last", std::string(16 << 20, 'b')));
      ASSERT_FALSE(refused);
      EXPECT_EQ(refused.error().code(), Errc::unavailable);
    }
    {
      const HeldFlushes behind_what_waited;
    }
    EXPECT_TRUE(store->figures().is_full);
    EXPECT_FALSE(store->figures().is_latched) << "a start needs room";
    disk.make_room();
    EXPECT_TRUE(store.run_until([&] { return store.times_latched() == 1; }));
    EXPECT_FALSE(store.commit(put(Table::meta, "after", "x")));
  }
  RunningStore store(small(disk));
  expect_some(store, committed);
  EXPECT_FALSE(*store->get(Table::body, "last"));
  EXPECT_FALSE(*store->get(Table::meta, "after"));
  EXPECT_TRUE(store.commit(put(Table::meta, "again", "x")));
}

INSTANTIATE_TEST_SUITE_P(
    FullDisk, LogThatFoundNoRoom,
    testing::Values(FullLog{.name = "WithNothingInMemory", .committed = 0, .logs = 1},
                    FullLog{.name = "WithSomethingInMemory", .committed = 1, .logs = 1},
                    FullLog{.name = "WhileAFlushWaits", .committed = kFillBuffer, .logs = 2}),
    [](const auto& row) { return row.param.name; });

// The log's blocks are its own before a commit is written: whoever takes all the others, it never
// meets a full disk, and so the store goes on by itself.
TEST(FullDisk, TheLogHasItsRoomWhoeverTakesTheLastBlock) {
  MOUNT_OR_SKIP(disk, kDisk)
  StoreOptions options = small(disk);
  options.reserve_bytes = 0;  // nobody looks how much is free
  int taken = 0;
  {
    RunningStore store(options);
    commit_some(store, 1);
    for (int round = 0; round < 3; ++round) {
      disk.fill(0);
      Result<> done = store.commit(put(Table::body, "larger", std::string(20 << 20, 'b')));
      EXPECT_FALSE(done) << "larger than what is kept ahead";
      ASSERT_TRUE(store->figures().is_full);
      ASSERT_FALSE(store->figures().is_latched);
      disk.make_room();
      ASSERT_TRUE(store.run_until([&] { return store->has_room(0); }));
      EXPECT_TRUE(store.commit(put(Table::meta, "round" + std::to_string(round), "x")));
      disk.fill(0);
      // Through what is left of this log and the next one, while flushes find no room either.
      do {
        const std::string key = "small" + std::to_string(taken);
        done = store.commit(put(Table::body, key, std::string(64 << 10, 's')));
        taken += done ? 1 : 0;
      } while (done);
      EXPECT_EQ(done.error().code(), Errc::unavailable);
      EXPECT_FALSE(store->figures().is_latched);
      disk.make_room();
      ASSERT_TRUE(store.run_until([&] { return store->has_room(0); }));
    }
    EXPECT_GT(taken, 3 * 8) << "of 64 KiB each; what is kept ahead is 8 MiB";
    EXPECT_EQ(store.times_latched(), 0);
  }
  RunningStore store(options);
  expect_some(store, 1);
  for (int i = 0; i < taken; ++i) {
    EXPECT_TRUE(*store->get(Table::body, "small" + std::to_string(i))) << i;
  }
  EXPECT_FALSE(*store->get(Table::body, "larger"));
}

TEST(FullDisk, AFlushThatFoundNoRoomIsBegunAgainWithinSeconds) {
  MOUNT_OR_SKIP(disk, kDisk)
  constexpr int kCommits = 8;
  StoreOptions options = small(disk);
  options.write_buffer_bytes = 48 << 20;  // RocksDB itself wants that much room before it goes on
  {
    RunningStore store(options);
    {
      const HeldFlushes held;
      commit_some(store, kCommits, 8 << 20);
      ASSERT_EQ(logs(disk), 2);
      disk.fill(0);
    }
    ASSERT_TRUE(store.run_until([&] { return store->figures().is_full; }));
    EXPECT_FALSE(store.commit(put(Table::meta, "refused", "x")));
    disk.make_room();
    const auto began = std::chrono::steady_clock::now();
    EXPECT_TRUE(store.run_until([&] { return store->has_room(0); }));
    EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(4))
        << "RocksDB by itself looks every 5 seconds";
    EXPECT_TRUE(store.commit(put(Table::meta, "after", "x")));
    EXPECT_EQ(store.times_latched(), 0);
  }
  RunningStore store(options);
  expect_some(store, kCommits);
  EXPECT_TRUE(*store->get(Table::meta, "after"));
  EXPECT_FALSE(*store->get(Table::meta, "refused"));
}

TEST(FullDisk, ADatabaseThatDoesNotComeBackEndsInALatch) {
  MOUNT_OR_SKIP(disk, kDisk)
  StoreOptions options = small(disk);
  options.resume_wait = std::chrono::milliseconds(300);
  {
    RunningStore store(options);
    {
      const HeldFlushes held;
      commit_some(store, kFillBuffer);
      disk.fill(0);
    }
    ASSERT_TRUE(store.run_until([&] { return store->figures().is_full; }));
    const HeldFlushes for_ever;
    disk.make_room();
    EXPECT_TRUE(store.run_until([&] { return store.times_latched() == 1; }));
    EXPECT_FALSE(store.commit(put(Table::meta, "after", "x")));
  }
  RunningStore store(options);
  expect_some(store, kFillBuffer);
  EXPECT_FALSE(*store->get(Table::meta, "after"));
}

}  // namespace
}  // namespace postrider::store
