// What was erased leaves the disk: found by its bytes before, and not after.
#include <filesystem>
#include <fstream>
#include <gtest/gtest.h>
#include <iterator>

#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kSecret = "ann.secret@example.net";

bool is_on_disk(const fs::path& folder) {
  for (const auto& entry : fs::recursive_directory_iterator(folder)) {
    if (entry.is_regular_file()) {
      std::ifstream file(entry.path(), std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(file), {}};
      if (bytes.contains(kSecret)) {
        return true;
      }
    }
  }
  return false;
}

class PurgeTest : public testing::Test {
 protected:
  void write(std::string_view secret) {
    Step step;
    step.put(Table::event, "key", std::string(secret));
    step.put(Table::body, "key", std::string(4000, 'x') + std::string(secret));
    step.put(Table::suppression, "key", std::string(secret));
    ASSERT_TRUE(store->commit(std::move(step)));
  }

  test::FreshFolder folder;
  std::optional<test::RunningStore> store{
      std::in_place,
      StoreOptions{.directory = folder / "spool", .reserve_bytes = 1 << 20, .compress = false}};
};

TEST_F(PurgeTest, WhatWasOverwrittenOrErasedIsInNoFile) {
  write(kSecret);
  ASSERT_TRUE(
      (**store).purge());  // so that it is in tables and blob files too, not in the log only
  ASSERT_TRUE(is_on_disk(folder.path()));
  write("nobody");
  Step step;
  step.erase(Table::suppression, "key");
  ASSERT_TRUE(store->commit(std::move(step)));
  ASSERT_TRUE(is_on_disk(folder.path()));
  ASSERT_TRUE((**store).purge());
  EXPECT_FALSE(is_on_disk(folder.path()));
  EXPECT_EQ((**store).get(Table::event, "key").value(), "nobody");
}

TEST_F(PurgeTest, WhatIsInTheLogOnlyGoesToo) {
  write(kSecret);
  write("nobody");
  ASSERT_TRUE(is_on_disk(folder.path()));
  ASSERT_TRUE((**store).purge());
  EXPECT_FALSE(is_on_disk(folder.path()));
}

TEST_F(PurgeTest, CopiesAndDamagedLogsGoWithIt) {
  write(kSecret);
  ASSERT_TRUE((**store).checkpoint());
  fs::create_directory(folder / "spool.damaged-logs-1");
  std::ofstream(folder / "spool.damaged-logs-1/000004.log") << kSecret;
  write("nobody");
  ASSERT_TRUE((**store).purge());
  EXPECT_FALSE(is_on_disk(folder.path()));
  EXPECT_TRUE(fs::exists(folder / "spool/CURRENT"));
}

TEST_F(PurgeTest, CompactingATableMakesRoom) {
  for (int i = 0; i < 2000; ++i) {
    store->submit(test::put(Table::event, std::to_string(1000 + i), std::string(2000, 'x')),
                  Urgency::note);
  }
  ASSERT_TRUE(store->commit({}));
  ASSERT_TRUE((**store).compact(Table::event, {}));
  const std::uint64_t before = (**store).bytes_of(Table::event);
  EXPECT_GT(before, 3'000'000U);
  Step step;
  for (int i = 0; i < 1500; ++i) {
    step.erase(Table::event, std::to_string(1000 + i));
  }
  ASSERT_TRUE(store->commit(std::move(step)));
  ASSERT_TRUE((**store).compact(Table::event, "2600"));
  EXPECT_LT((**store).bytes_of(Table::event), before / 2);
}

}  // namespace
}  // namespace postrider::store
