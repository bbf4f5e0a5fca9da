// A copy of the database that is made while it is written to.
#include "store/checkpoint.h"

#include <atomic>
#include <gtest/gtest.h>
#include <string>
#include <sys/stat.h>
#include <thread>

#include "store/acknowledged_file.h"
#include "support/damage.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;
using test::FreshFolder;
using test::put;
using test::RunningStore;

std::string key_of(int number) {
  return std::to_string(100'000 + number);
}

/// Puts its message and tells of it, in one step, as an acceptance does.
Step message(int number) {
  Step step = put(Table::meta, key_of(number), std::string(300, 'm'));
  step.put(Table::body, key_of(number), std::string(3000, 'b'));
  step.append(0, "accepted " + key_of(number));
  return step;
}

void write(RunningStore& store, int from, int to) {
  for (int i = from; i < to; ++i) {
    ASSERT_TRUE(store.commit(message(i)));
  }
}

TEST(Checkpoint, HoldsWhatWasAcknowledgedBeforeAndWholeStepsWhileOthersWrite) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  std::atomic<bool> is_over = false;
  std::atomic<int> written = 0;
  std::jthread writer([&] {
    for (int i = 0; !is_over; ++i) {
      ASSERT_TRUE(store.commit(message(i)));
      written = i + 1;
    }
  });
  while (written < 200) {
    std::this_thread::yield();
  }
  const int before = written;
  const auto made = store->checkpoint();
  is_over = true;
  writer.join();
  ASSERT_TRUE(made) << made.error().text();

  const auto figures = inspect_database(*made);
  ASSERT_TRUE(figures) << figures.error().text();
  EXPECT_GE(figures->messages, static_cast<std::uint64_t>(before));
  EXPECT_EQ(figures->last_event, figures->messages);

  const RunningStore copy(*made);
  EXPECT_EQ(copy->missing_writes(), std::nullopt);
  for (int i = 0; i < before; ++i) {
    EXPECT_TRUE(copy->get(Table::meta, key_of(i)).value()) << i;
    EXPECT_TRUE(copy->get(Table::body, key_of(i)).value()) << i;
  }
}

TEST(Checkpoint, TablesAreHardLinksAndTheLogIsACopy) {
  const FreshFolder folder;
  {
    write(*std::make_unique<RunningStore>(folder / "db"), 0, 50);
  }
  RunningStore store(folder / "db");  // whose recovery has brought the 50 into tables
  write(store, 50, 60);
  const auto made = store->checkpoint();
  ASSERT_TRUE(made) << made.error().text();
  const auto links = [](const fs::path& file) { return fs::hard_link_count(file); };
  const auto tables = test::files_like(*made, ".sst");
  const auto logs = test::files_like(*made, ".log");
  ASSERT_FALSE(tables.empty());
  ASSERT_FALSE(logs.empty());
  for (const fs::path& table : tables) {
    EXPECT_EQ(links(table), 2U) << table;
  }
  for (const fs::path& log : logs) {
    EXPECT_EQ(links(log), 1U) << log;
  }
  EXPECT_EQ(inspect_database(*made)->messages, 60U);
}

TEST(Checkpoint, ReplacesTheOneBefore) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  write(store, 0, 10);
  ASSERT_TRUE(store->checkpoint());
  write(store, 10, 30);
  const auto made = store->checkpoint();
  ASSERT_TRUE(made) << made.error().text();
  EXPECT_EQ(inspect_database(*made)->messages, 30U);
  remove_checkpoint(folder / "db");
  EXPECT_FALSE(fs::exists(*made));
  EXPECT_FALSE(fs::exists(acknowledged_file(*made)));
  EXPECT_TRUE(fs::exists(acknowledged_file(folder / "db")));
}

TEST(Checkpoint, CanBeMadeOfAnEmptyDatabase) {
  const FreshFolder folder;
  const RunningStore store(folder / "db");
  const auto made = store->checkpoint();
  ASSERT_TRUE(made) << made.error().text();
  const auto figures = inspect_database(*made);
  ASSERT_TRUE(figures) << figures.error().text();
  EXPECT_EQ(figures->messages, 0U);
  EXPECT_EQ(figures->last_event, 0U);
}

class InspectedDatabase : public testing::Test {
 protected:
  void SetUp() override {
    RunningStore store(folder_ / "db");
    write(store, 0, 20);
    const auto made = store->checkpoint();
    ASSERT_TRUE(made) << made.error().text();
    database_ = *made;
  }

  FreshFolder folder_;
  fs::path database_;
};

TEST_F(InspectedDatabase, ThatLacksAcknowledgedWritesIsCorrupt) {
  const fs::path log = test::files_like(database_, ".log").back();
  test::cut_to(log, fs::file_size(log) / 2);
  const auto figures = inspect_database(database_);
  ASSERT_FALSE(figures);
  EXPECT_EQ(figures.error().code(), Errc::corrupt);
  EXPECT_NE(figures.error().text().find("had been acknowledged"), std::string::npos)
      << figures.error().text();
}

TEST_F(InspectedDatabase, OfWhichNobodyCanTellIsCorrupt) {
  fs::remove(acknowledged_file(database_));
  const auto figures = inspect_database(database_);
  ASSERT_FALSE(figures);
  EXPECT_EQ(figures.error().code(), Errc::corrupt);
  EXPECT_FALSE(fs::exists(acknowledged_file(database_)));
}

TEST_F(InspectedDatabase, ThatIsNotThereIsNotFound) {
  const auto figures = inspect_database(folder_ / "none");
  ASSERT_FALSE(figures);
  EXPECT_EQ(figures.error().code(), Errc::not_found);
}

}  // namespace
}  // namespace postrider::store
