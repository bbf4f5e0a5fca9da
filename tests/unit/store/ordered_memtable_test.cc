#include "store/ordered_memtable.h"

#include <gtest/gtest.h>
#include <malloc.h>
#include <map>
#include <memory>
#include <random>
#include <rocksdb/db.h>
#include <string>

#include "support/fresh_folder.h"

namespace postrider::store {
namespace {

/// A database that has the memtable, and what ought to be in it.
class OrderedMemtableTest : public ::testing::Test {
 protected:
  void SetUp() override { open(); }

  void open() {
    rocksdb::Options options;
    options.create_if_missing = true;
    options.allow_concurrent_memtable_write = false;
    options.memtable_factory = ordered_memtables();
    rocksdb::DB* opened = nullptr;
    ASSERT_TRUE(rocksdb::DB::Open(options, (folder_ / "db").string(), &opened).ok());
    db_.reset(opened);
  }

  void put(const std::string& key, const std::string& value) {
    ASSERT_TRUE(db_->Put({}, key, value).ok());
    known_[key] = value;
  }
  void erase(const std::string& key) {
    ASSERT_TRUE(db_->Delete({}, key).ok());
    known_.erase(key);
  }
  void change_at_random(int count) {
    for (int i = 0; i < count; ++i) {
      const std::string key = "k" + std::to_string(random_() % 500);
      if (random_() % 3 == 0) {
        erase(key);
      } else {
        put(key, std::to_string(random_()));
      }
    }
  }

  void expect_all() {
    const std::unique_ptr<rocksdb::Iterator> at(db_->NewIterator({}));
    std::map<std::string, std::string> seen;
    for (at->SeekToFirst(); at->Valid(); at->Next()) {
      seen[at->key().ToString()] = at->value().ToString();
    }
    EXPECT_EQ(seen, known_);
    auto expected = known_.rbegin();
    for (at->SeekToLast(); at->Valid(); at->Prev(), ++expected) {
      ASSERT_NE(expected, known_.rend());
      EXPECT_EQ(at->key().ToString(), expected->first);
    }
    EXPECT_EQ(expected, known_.rend());
    for (int i = 0; i < 500; ++i) {
      const std::string key = "k" + std::to_string(i);
      std::string value;
      const auto found = known_.find(key);
      EXPECT_EQ(db_->Get({}, key, &value).ok(), found != known_.end()) << key;
      EXPECT_TRUE(found == known_.end() || value == found->second) << key;
      at->SeekForPrev(key);
      const auto behind = known_.upper_bound(key);
      ASSERT_EQ(at->Valid(), behind != known_.begin()) << key;
      EXPECT_TRUE(!at->Valid() || at->key() == std::prev(behind)->first) << key;
    }
  }

  test::FreshFolder folder_;
  std::unique_ptr<rocksdb::DB> db_;
  std::map<std::string, std::string> known_;
  std::mt19937 random_{17};
};

TEST_F(OrderedMemtableTest, HoldsWhatWasPutAndNotWhatWasErased) {
  expect_all();
  change_at_random(4000);
  expect_all();
}

// What RocksDB asks for a look-up it does not give back.
TEST_F(OrderedMemtableTest, ReadingCostsNoMemory) {
  constexpr int kReads = 20'000;
  change_at_random(500);
  std::string value;
  const std::size_t before = ::mallinfo2().uordblks;
  for (int i = 0; i < kReads; ++i) {
    static_cast<void>(db_->Get({}, "k" + std::to_string(i % 500), &value));
  }
  EXPECT_LT(::mallinfo2().uordblks, before + kReads);
}

TEST_F(OrderedMemtableTest, RangeIsErased) {
  change_at_random(1000);
  ASSERT_TRUE(db_->DeleteRange({}, db_->DefaultColumnFamily(), "k2", "k3").ok());
  std::erase_if(known_, [](const auto& one) { return one.first >= "k2" && one.first < "k3"; });
  expect_all();
}

TEST_F(OrderedMemtableTest, SnapshotStaysAsItWas) {
  put("k1", "old");
  const rocksdb::Snapshot* snapshot = db_->GetSnapshot();
  put("k1", "new");
  rocksdb::ReadOptions then;
  then.snapshot = snapshot;
  std::string value;
  EXPECT_TRUE(db_->Get(then, "k1", &value).ok());
  EXPECT_EQ(value, "old");
  db_->ReleaseSnapshot(snapshot);
  expect_all();
}

TEST_F(OrderedMemtableTest, OutlivesAFlushAndAReplayOfTheLog) {
  change_at_random(2000);
  ASSERT_TRUE(db_->Flush({}).ok());
  expect_all();
  change_at_random(2000);
  db_.reset();
  open();
  expect_all();
}

}  // namespace
}  // namespace postrider::store
