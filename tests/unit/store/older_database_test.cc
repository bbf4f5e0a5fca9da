#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <rocksdb/db.h>
#include <string>
#include <vector>

#include "store/rocks_options.h"
#include "store/store.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

constexpr std::size_t kTablesOfTheFirstVersion = 6;

/// As the first version left it: without the tables that came later.
void make_older_database(const std::filesystem::path& directory) {
  StoreOptions options;
  options.directory = directory;
  std::vector<rocksdb::ColumnFamilyDescriptor> families = column_families(options);
  families.resize(1 + kTablesOfTheFirstVersion);
  std::vector<rocksdb::ColumnFamilyHandle*> handles;
  rocksdb::DB* opened = nullptr;
  ASSERT_TRUE(
      rocksdb::DB::Open(database_options(options), directory.string(), families, &handles, &opened)
          .ok());
  const std::unique_ptr<rocksdb::DB> database(opened);
  ASSERT_TRUE(database
                  ->Put(rocksdb::WriteOptions(),
                        handles[1 + static_cast<std::size_t>(Table::recipient)], "key", "value")
                  .ok());
  for (rocksdb::ColumnFamilyHandle* handle : handles) {
    database->DestroyColumnFamilyHandle(handle);
  }
}

TEST(OlderDatabase, IsReadWithoutTheTablesThatItLacks) {
  const test::FreshFolder folder;
  make_older_database(folder / "db");
  const auto store = Store::open({.directory = folder / "db", .read_only = true});
  ASSERT_TRUE(store) << store.error().text();
  EXPECT_EQ((*store)->get(Table::recipient, "key").value(), "value");
  EXPECT_EQ((*store)->get(Table::counter, "key").value(), std::nullopt);
  EXPECT_EQ((*store)->last_key(Table::counter).value(), std::nullopt);
  bool has_entry = false;
  EXPECT_TRUE((*store)->scan(Table::search, {}, {}, [&](auto, auto) { return has_entry = true; }));
  EXPECT_FALSE(has_entry);
}

TEST(OlderDatabase, IsGivenTheTablesThatItLacksByTheNextStart) {
  const test::FreshFolder folder;
  make_older_database(folder / "db");
  test::RunningStore store(folder / "db");
  EXPECT_EQ(store->get(Table::recipient, "key").value(), "value");
  ASSERT_TRUE(store.commit(test::put(Table::counter, "key", "counts")));
  EXPECT_EQ(store->get(Table::counter, "key").value(), "counts");
}

}  // namespace
}  // namespace postrider::store
