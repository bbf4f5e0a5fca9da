// On a small disk of the test's own: full, and failing.
#include <algorithm>
#include <fcntl.h>
#include <filesystem>
#include <gtest/gtest.h>
#include <string>
#include <time.h>
#include <unistd.h>
#include <vector>

#include "store/store.h"
#include "support/running_store.h"
#include "support/small_disk.h"

namespace postrider::store {
namespace {

using test::put;
using test::RunningStore;
using test::SmallDisk;

constexpr std::uint64_t kDisk = 256 << 20;
/// Where nothing can be reserved, filling is slow.
constexpr std::uint64_t kSmallDisk = 96 << 20;
constexpr const char* kNoReserving = "^extent,^64bit";

StoreOptions small(const SmallDisk& disk) {
  return {.directory = disk.path() / "db", .write_buffer_bytes = 1 << 20, .reserve_bytes = 4 << 20};
}

/// Commits until one is refused; how many were taken before, or -1 if none was ever refused.
int commits_until_refused(RunningStore& store, Result<>& refusal) {
  for (int i = 0; i < 400; ++i) {
    Step step = put(Table::body, "big" + std::to_string(i), std::string(256 << 10, 'b'));
    refusal = store.commit(std::move(step));
    if (!refusal) {
      return i;
    }
  }
  return -1;
}

TEST(FailingDisk, WhatWasPromisedSurvivesAPowerCut) {
  MOUNT_OR_SKIP(disk, kDisk) {
    RunningStore store(small(disk));
    for (int i = 0; i < 20; ++i) {
      ASSERT_TRUE(store.commit(put(Table::meta, std::to_string(i), "x")));
    }
    bool noted = false;
    store.submit(put(Table::meta, "note", "x"), Urgency::note,
                 [&](const Result<>& done) { noted = done.has_value(); });
    ASSERT_TRUE(store.run_until([&] { return noted; }));
    ASSERT_TRUE(disk.fail());
  }
  ASSERT_TRUE(disk.mount_again());
  RunningStore store(small(disk));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  for (int i = 0; i < 20; ++i) {
    const auto found = store->get(Table::meta, std::to_string(i));
    EXPECT_TRUE(found && *found) << i;
  }
  EXPECT_TRUE(*store->get(Table::meta, "note"));
}

TEST(FailingDisk, AFullOneRefusesPromisesAndHoldsNotesUntilThereIsRoom) {
  MOUNT_OR_SKIP(disk, kDisk) {
    RunningStore store(small(disk));
    ASSERT_TRUE(store.commit(put(Table::meta, "before", "x")));
    EXPECT_TRUE(store->has_room(0));
    disk.fill(0);
    // Together more than one commit takes: some are held while others still queue.
    constexpr std::size_t kNotes = 6;
    const auto large = std::make_shared<const std::string>(12 << 20, 'n');
    std::vector<std::size_t> noted;
    int refused = 0;
    std::vector<Store::Request> requests;
    for (std::size_t i = 0; i < kNotes; ++i) {
      Step step = put(Table::meta, "note", std::to_string(i));
      step.put(Table::body, "note", "", large);
      requests.push_back(
          {.step = std::move(step),
           .urgency = Urgency::note,
           .completed = [&noted, i](const Result<>& done) { noted.push_back(done ? i : 99); },
           .reply_to = &store.mailbox()});
      requests.push_back({.step = put(Table::meta, "promise", "x"),
                          .urgency = Urgency::promise,
                          .completed =
                              [&](const Result<>& done) {
                                refused +=
                                    !done && done.error().code() == Errc::unavailable ? 1 : 0;
                              },
                          .reply_to = &store.mailbox()});
    }
    store->submit(requests);
    EXPECT_TRUE(store.run_until([&] { return refused == static_cast<int>(kNotes); }));
    EXPECT_TRUE(noted.empty());
    EXPECT_TRUE(store->figures().is_full);
    EXPECT_FALSE(store->figures().is_latched);
    EXPECT_FALSE(store->has_room(0));
    EXPECT_FALSE(store.commit(put(Table::meta, "promise", "x")));

    const std::uint64_t before = store->figures().commits;
    disk.make_room();
    EXPECT_TRUE(store.run_until([&] { return noted.size() == kNotes; }));
    EXPECT_EQ(store->figures().commits, before + kNotes / 2);
    EXPECT_EQ(noted, (std::vector<std::size_t>{0, 1, 2, 3, 4, 5}));
    EXPECT_FALSE(store->figures().is_full);
    EXPECT_TRUE(store.commit(put(Table::meta, "after", "x")));
    EXPECT_EQ(store.times_latched(), 0);
  }
  RunningStore store(small(disk));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_EQ(**store->get(Table::meta, "note"), "5");
  EXPECT_TRUE(*store->get(Table::meta, "before"));
  EXPECT_TRUE(*store->get(Table::meta, "after"));
  EXPECT_FALSE(*store->get(Table::meta, "promise"));
}

// Without a reserve, and where none can be made for the log (full_disk_test.cc), it is RocksDB that
// finds no room: for its log where nothing is left, else for its log or for a flush, as it happens.
// Whatever it is: the store goes on by itself or latches, and the next start has all that was
// promised.
TEST(FailingDisk, AFullOneIsSurvivedWhereverItShows) {
  MOUNT_OR_SKIP(disk, kSmallDisk, kNoReserving)
  StoreOptions options = small(disk);
  options.reserve_bytes = 0;
  for (const std::uint64_t left : {0U, 5U << 20}) {
    int taken = 0;
    bool goes_on = false;
    {
      RunningStore store(options);
      disk.fill(left);
      Result<> refusal;
      taken = commits_until_refused(store, refusal);
      ASSERT_GE(taken, 0) << left;
      EXPECT_EQ(refusal.error().code(), Errc::unavailable);
      disk.make_room();
      EXPECT_TRUE(store.run_until([&] {
        return store->has_room(0) || store->figures().is_latched;
      })) << left;
      goes_on = store.commit(put(Table::meta, "after", "x")).has_value();
      EXPECT_EQ(goes_on, !store->figures().is_latched);
      EXPECT_EQ(store.times_latched(), goes_on ? 0 : 1);
      EXPECT_FALSE(goes_on && left == 0);
    }
    RunningStore store(options);
    EXPECT_EQ(store->missing_writes(), std::nullopt);
    EXPECT_EQ(store->get(Table::meta, "after")->has_value(), goes_on);
    Step clean;
    clean.erase(Table::meta, "after");
    for (int i = 0; i < taken; ++i) {
      EXPECT_TRUE(*store->get(Table::body, "big" + std::to_string(i))) << left;
      clean.erase(Table::body, "big" + std::to_string(i));
    }
    EXPECT_TRUE(store.commit(std::move(clean)));
  }
}

/// Empty files until no further one can be made, although there are blocks enough.
void take_all_inodes(const std::filesystem::path& folder) {
  std::filesystem::create_directory(folder);
  for (int i = 0;; ++i) {
    const int file = ::open((folder / std::to_string(i)).c_str(), O_CREAT | O_WRONLY, 0600);
    if (file < 0) {
      return;
    }
    ::close(file);
  }
}

// The next log is a file that is there already.
TEST(FailingDisk, WithoutInodesMailIsRefusedUntilThereAreSome) {
  MOUNT_OR_SKIP(disk, kDisk)
  int taken = 0;
  {
    RunningStore store(small(disk));
    ASSERT_TRUE(store.commit(put(Table::meta, "before", "x")));
    take_all_inodes(disk.path() / "many");
    Result<> refusal;
    taken = commits_until_refused(store, refusal);
    ASSERT_GE(taken, 0);
    EXPECT_EQ(refusal.error().code(), Errc::unavailable);
    std::filesystem::remove_all(disk.path() / "many");
    EXPECT_TRUE(store.run_until([&] { return store->has_room(0); }));
    EXPECT_TRUE(store.commit(put(Table::meta, "after", "x")));
    EXPECT_EQ(store.times_latched(), 0);
  }
  RunningStore store(small(disk));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_TRUE(*store->get(Table::meta, "after"));
  for (int i = 0; i < taken; ++i) {
    EXPECT_TRUE(*store->get(Table::body, "big" + std::to_string(i))) << i;
  }
}

// RocksDB takes a log that it could not begin for fatal, and says so of room for ever after.
TEST(FailingDisk, ALogThatCouldNotBeBegunEndsInALatchAndNotInRefusalsForEver) {
  MOUNT_OR_SKIP(disk, kSmallDisk, kNoReserving)
  int taken = 0;
  {
    RunningStore store(small(disk));
    ASSERT_TRUE(store.commit(put(Table::meta, "before", "x")));
    take_all_inodes(disk.path() / "many");
    Result<> refusal;
    taken = commits_until_refused(store, refusal);
    ASSERT_GE(taken, 0);
    EXPECT_EQ(refusal.error().code(), Errc::unavailable);
    std::filesystem::remove_all(disk.path() / "many");
    EXPECT_TRUE(store.run_until([&] { return store->figures().is_latched; }));
    EXPECT_EQ(store.times_latched(), 1);
  }
  RunningStore store(small(disk));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_TRUE(*store->get(Table::meta, "before"));
  for (int i = 0; i < taken; ++i) {
    EXPECT_TRUE(*store->get(Table::body, "big" + std::to_string(i))) << i;
  }
}

// Nobody need write anything for mail to be taken again.
TEST(FailingDisk, AFullOneThatHasRoomAgainIsSeenWithoutAnyWrite) {
  MOUNT_OR_SKIP(disk, kDisk)
  RunningStore store(small(disk));
  disk.fill(0);
  Result<> refusal;
  ASSERT_GE(commits_until_refused(store, refusal), 0);
  EXPECT_FALSE(store->has_room(0));
  disk.make_room();
  EXPECT_TRUE(store.run_until([&] { return store->has_room(0); }));
}

TEST(FailingDisk, WhatIsStillHeldWhenTheStoreEndsIsAnswered) {
  MOUNT_OR_SKIP(disk, kDisk)
  net::IoThreads threads(1);
  auto store = Store::open(small(disk));
  ASSERT_TRUE(store);
  (*store)->start({});
  disk.fill(0);
  std::atomic<int> refused = 0;
  const auto submit = [&](Step step, Urgency urgency) {
    std::vector<Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .urgency = urgency,
                        .completed = [&](const Result<>& done) { refused += done ? 0 : 1; },
                        .reply_to = &threads.mailbox(0)});
    (*store)->submit(requests);
  };
  for (int i = 0; i < 400 && !(*store)->figures().is_full; ++i) {
    submit(put(Table::body, std::to_string(i), std::string(256 << 10, 'b')), Urgency::promise);
    std::this_thread::yield();
  }
  submit(put(Table::meta, "note", "x"), Urgency::note);
  store->reset();
  const int before = refused;
  threads.start();
  threads.stop();
  EXPECT_EQ(before, 0);
  EXPECT_GE(refused, 2);
}

TEST(FailingDisk, AFailedSyncEndsAllWriting) {
  MOUNT_OR_SKIP(disk, kDisk) {
    RunningStore store(small(disk));
    ASSERT_TRUE(store.commit(put(Table::meta, "before", "x")));
    ASSERT_TRUE(disk.fail());
    const Result<> failed = store.commit(put(Table::meta, "lost", "x"));
    ASSERT_FALSE(failed);
    EXPECT_EQ(failed.error().code(), Errc::unavailable);
    EXPECT_TRUE(store.run_until([&] { return store.times_latched() == 1; }));
    EXPECT_TRUE(store->figures().is_latched);
    EXPECT_EQ(store->figures().syncs_failed, 1U);
    EXPECT_FALSE(store->has_room(0));
    EXPECT_FALSE(store.commit(put(Table::meta, "later", "x")));
    EXPECT_FALSE(store.commit(put(Table::meta, "later", "x"), Urgency::note));
    EXPECT_EQ(store.times_latched(), 1);
    EXPECT_EQ(store->figures().commits, 1U);
  }
  ASSERT_TRUE(disk.mount_again());
  RunningStore store(small(disk));
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_TRUE(*store->get(Table::meta, "before"));
}

double cpu_seconds() {
  timespec time{};
  ::clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_nsec) / 1e9;
}

TEST(FailingDisk, ALatchedOneWaitsForItsEndInPeace) {
  MOUNT_OR_SKIP(disk, kSmallDisk, kNoReserving)
  StoreOptions options = small(disk);
  options.reserve_bytes = 0;
  RunningStore store(options);
  disk.fill(0);
  Result<> refusal;
  ASSERT_GE(commits_until_refused(store, refusal), 0);
  disk.make_room();
  ASSERT_TRUE(store.run_until([&] { return store->figures().is_latched; }));
  EXPECT_TRUE(store->figures().is_full) << "the case in which it could spin";
  const auto pass = [&](std::chrono::milliseconds time) {
    const auto end = std::chrono::steady_clock::now() + time;
    EXPECT_TRUE(store.run_until([&] { return std::chrono::steady_clock::now() > end; }));
  };
  pass(std::chrono::milliseconds(1200));  // it would have looked for room after a second
  const double before = cpu_seconds();
  pass(std::chrono::milliseconds(1000));
  EXPECT_LT(cpu_seconds() - before, 0.1) << "a busy machine leaves a thread that spins a quarter";
  disk.make_room();
}

}  // namespace
}  // namespace postrider::store
