#include "directory/sqlite.h"

#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider::directory {
namespace {

class SqliteTest : public testing::Test {
 protected:
  std::int64_t number(std::string_view sql) {
    auto statement = database.prepare(sql);
    EXPECT_TRUE(statement && statement->step().value_or(false)) << sql;
    return statement->integer(0);
  }

  test::FreshFolder folder;
  Database database = Database::open(folder / "x.sqlite", true).value();
};

TEST_F(SqliteTest, EveryCommitIsSyncedToAWalAndForeignKeysHold) {
  EXPECT_EQ(number("PRAGMA synchronous"), 2);
  EXPECT_EQ(number("PRAGMA foreign_keys"), 1);
  auto mode = database.prepare("PRAGMA journal_mode");
  ASSERT_TRUE(mode->step().value());
  EXPECT_EQ(mode->text(0), "wal");
}

TEST_F(SqliteTest, TransactionWithoutCommitIsUndone) {
  ASSERT_TRUE(database.execute("CREATE TABLE t (x)"));
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction && database.execute("INSERT INTO t VALUES (1)"));
  }
  EXPECT_EQ(number("SELECT count(*) FROM t"), 0);
  {
    auto transaction = Transaction::begin(database);
    ASSERT_TRUE(transaction && database.execute("INSERT INTO t VALUES (1)"));
    ASSERT_TRUE(transaction->commit());
  }
  EXPECT_EQ(number("SELECT count(*) FROM t"), 1);
}

TEST_F(SqliteTest, BytesComeBackAsTheyWent) {
  ASSERT_TRUE(database.execute("CREATE TABLE t (a TEXT, b BLOB, c INTEGER)"));
  const std::string bytes("a\0'\xff", 4);
  {
    auto write = database.prepare("INSERT INTO t VALUES (?, ?, ?)");
    ASSERT_TRUE(write->bind("").bind_blob(bytes).bind(std::int64_t{-1} << 62).step());
  }
  auto read = database.prepare("SELECT a, b, c FROM t");
  ASSERT_TRUE(read->step().value());
  EXPECT_EQ(read->text(0), "");
  EXPECT_EQ(read->text(1), bytes);
  EXPECT_EQ(read->integer(2), std::int64_t{-1} << 62);
  EXPECT_FALSE(read->step().value());
}

TEST_F(SqliteTest, MistakeInSqlIsReportedInItsWords) {
  EXPECT_EQ(database.execute("SELEKT").error().text(), "near \"SELEKT\": syntax error");
  EXPECT_FALSE(database.prepare("SELECT x FROM nowhere"));
}

}  // namespace
}  // namespace postrider::directory
