// What a store says and saves when its files are not as it left them.
#include "support/damage.h"

#include <cstdlib>
#include <gtest/gtest.h>
#include <string>

#include "store/store.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using test::copy_database;
using test::cut_to;
using test::files_like;
using test::flip_bit;
using test::FreshFolder;
using test::put;
using test::RunningStore;

std::string key_of(int number) {
  return std::to_string(1000 + number);
}

class StoreDamage : public ::testing::Test {
 protected:
  void write(int from, int to) {
    for (int i = from; i < to; ++i) {
      Step step = put(Table::meta, key_of(i), std::string(2000, 'v'));
      step.append(0, "event");
      ASSERT_TRUE(store_->commit(std::move(step)));
    }
  }

  /// As kill -9 would leave it.
  fs::path crashed() {
    copy_database(folder_ / "db", folder_ / "copy");
    return folder_ / "copy";
  }

  static fs::path log_of(const fs::path& database) {
    const auto logs = files_like(database, ".log");
    EXPECT_EQ(logs.size(), 1U);
    return logs.back();
  }

  static bool has(RunningStore& store, int number) {
    const auto found = store->get(Table::meta, key_of(number));
    return found && *found && (*found)->size() == 2000;
  }

  static int count(RunningStore& store, int below) {
    int found = 0;
    for (int i = 0; i < below; ++i) {
      found += has(store, i) ? 1 : 0;
    }
    return found;
  }

  FreshFolder folder_;
  std::unique_ptr<RunningStore> store_ = std::make_unique<RunningStore>(folder_ / "db");
};

TEST_F(StoreDamage, ACrashAloneIsNone) {
  write(0, 100);
  RunningStore after(crashed());
  EXPECT_EQ(after->missing_writes(), std::nullopt);
  EXPECT_EQ(count(after, 100), 100);
  EXPECT_EQ(after->last_sequence(), 100U);
}

TEST_F(StoreDamage, ATailThatWasAcknowledgedIsMissedAloud) {
  write(0, 100);
  const fs::path copy = crashed();
  cut_to(log_of(copy), fs::file_size(log_of(copy)) / 2);
  {
    RunningStore after(copy);
    ASSERT_TRUE(after->missing_writes());
    EXPECT_NE(after->missing_writes()->find("writes are missing"), std::string::npos)
        << *after->missing_writes();
    EXPECT_GT(count(after, 100), 40);
    EXPECT_LT(count(after, 100), 60);
    EXPECT_TRUE(after.commit(put(Table::meta, "new", "x")));
  }
  EXPECT_EQ(RunningStore(copy)->missing_writes(), std::nullopt) << "told once";
}

TEST_F(StoreDamage, AnOlderCopyPutInPlaceIsMissedAloud) {
  write(0, 10);
  const fs::path older = crashed();
  write(10, 20);
  store_.reset();
  fs::remove_all(folder_ / "db");
  fs::rename(older, folder_ / "db");
  RunningStore after(folder_ / "db");
  EXPECT_TRUE(after->missing_writes());
}

TEST_F(StoreDamage, ATornTailThatNobodyWasPromisedOpensInSilence) {
  write(0, 50);
  fs::copy_file(folder_ / "db.acknowledged", folder_ / "then");
  write(50, 51);
  const fs::path copy = crashed();
  fs::rename(folder_ / "then", copy.string() + ".acknowledged");
  cut_to(log_of(copy), fs::file_size(log_of(copy)) - 100);
  RunningStore after(copy);
  EXPECT_EQ(after->missing_writes(), std::nullopt);
  EXPECT_EQ(count(after, 51), 50);
}

// A sample of its last 4 KiB; with POSTRIDER_EVERY_BYTE in the environment each of them.
TEST_F(StoreDamage, ATornTailOpensInSilenceWhereverItIsCut) {
  write(0, 50);
  const fs::path acknowledged = folder_ / "then";
  fs::copy_file(folder_ / "db.acknowledged", acknowledged);
  ASSERT_TRUE(store_->commit(put(Table::meta, "large", std::string(6000, 'l'))));
  const fs::path copy = crashed();
  const std::uint64_t size = fs::file_size(log_of(copy));
  const std::uint64_t step = std::getenv("POSTRIDER_EVERY_BYTE") == nullptr ? 173 : 1;
  for (std::uint64_t cut = 0; cut <= 4096; cut += step) {
    const FreshFolder place;
    fs::copy(copy, place / "db");
    fs::copy_file(acknowledged, place / "db.acknowledged");
    cut_to(log_of(place / "db"), size - cut);
    RunningStore after(place / "db");
    EXPECT_EQ(after->missing_writes(), std::nullopt) << cut;
    EXPECT_EQ(count(after, 50), 50) << cut;
    EXPECT_EQ((*after->get(Table::meta, "large")).has_value(), cut == 0) << cut;
  }
}

TEST_F(StoreDamage, ATailOfGarbageOpensInSilence) {
  write(0, 50);
  const fs::path copy = crashed();
  std::ofstream(log_of(copy), std::ios::app | std::ios::binary) << std::string(5000, '\x5a');
  RunningStore after(copy);
  EXPECT_EQ(after->missing_writes(), std::nullopt);
  EXPECT_EQ(count(after, 50), 50);
}

// What lies behind the damage was promised too.
TEST_F(StoreDamage, AFlippedBitInTheLogIsAnAlarmAndTakesLittle) {
  write(0, 100);
  const fs::path copy = crashed();
  const std::uint64_t size = fs::file_size(log_of(copy));
  flip_bit(log_of(copy), size / 2);
  RunningStore after(copy);
  ASSERT_TRUE(after->missing_writes());
  EXPECT_NE(after->missing_writes()->find("damaged"), std::string::npos);
  const int found = count(after, 100);
  EXPECT_GE(found, 80);  // a block of 32 KiB
  EXPECT_LT(found, 100);
  EXPECT_TRUE(has(after, 99));
  EXPECT_TRUE(after.commit(put(Table::meta, "new", "x")));
  const auto kept = files_like(copy.string() + ".damaged-logs-1", ".log");
  ASSERT_EQ(kept.size(), 1U);
  EXPECT_EQ(fs::file_size(kept[0]), size);
}

TEST_F(StoreDamage, WithoutTheAcknowledgedFileNobodyCanTell) {
  write(0, 10);
  const fs::path copy = crashed();
  flip_bit(copy.string() + ".acknowledged", 7);  // a smaller number
  {
    RunningStore after(copy);
    EXPECT_TRUE(after->missing_writes());
    EXPECT_EQ(count(after, 10), 10);
  }
  fs::remove(copy.string() + ".acknowledged");
  EXPECT_TRUE(RunningStore(copy)->missing_writes());
  const FreshFolder fresh;
  EXPECT_EQ(RunningStore(fresh / "db")->missing_writes(), std::nullopt)
      << "a new one lacks nothing";
}

class StoredFileDamage : public StoreDamage, public ::testing::WithParamInterface<const char*> {};

// Every file in turn: an error when it is opened or read, and never a shorter answer.
TEST_P(StoredFileDamage, IsNeverSilent) {
  write(0, 60);
  Step body;
  body.put(Table::body, "k", "head", std::make_shared<const std::string>(20'000, 'b'));
  ASSERT_TRUE(store_->commit(std::move(body)));
  store_.reset();
  RunningStore(folder_ / "db").commit(put(Table::set_aside, "x", "")).value();  // log to tables
  const fs::path copy = crashed();
  const auto files = files_like(copy, GetParam());
  ASSERT_FALSE(files.empty());
  for (const fs::path& file : files) {
    flip_bit(file, fs::file_size(file) / 3);
  }
  const auto opened = Store::open({.directory = copy});
  if (!opened) {
    EXPECT_EQ(opened.error().code(), Errc::corrupt) << opened.error().text();
    EXPECT_NE(opened.error().text().find("keep a copy"), std::string::npos);
    return;
  }
  int entries = 0;
  Result<> done;
  for (const Table table : {Table::meta, Table::body}) {
    if (done) {
      done = (*opened)->scan(table, {}, {},
                             [&](std::string_view, std::string_view) { return ++entries > 0; });
    }
  }
  EXPECT_FALSE(done) << entries << " entries read";
  if (!done) {
    EXPECT_EQ(done.error().code(), Errc::corrupt) << done.error().text();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, StoredFileDamage,
                         ::testing::Values(".sst", ".blob", "MANIFEST", "CURRENT"),
                         [](const auto& row) {
                           std::string name = row.param;
                           std::erase(name, '.');
                           return name;
                         });

}  // namespace
}  // namespace postrider::store
