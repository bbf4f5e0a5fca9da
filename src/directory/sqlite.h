// SQLite behind three small types: what the directory needs of it and nothing more.
//
//   TRY(Statement find, database.prepare("SELECT id FROM account WHERE name = ?"));
//   TRY(const bool found, find.bind(name).step());
//
// Foreign keys are on, the journal is a WAL and every commit is synced (synchronous=FULL). Another
// process that holds the write lock is waited for, five seconds at most.
//
// Thread: one at a time for a database and its statements; the owner locks. Errors: unavailable (in
// SQLite's words), corrupt (the file is damaged or not a database).
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;
struct sqlite3_stmt;

namespace postrider::directory {

class Statement {
 public:
  explicit Statement(sqlite3_stmt* statement) : statement_(statement) {}
  ~Statement();
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;

  /// Each sets the next '?', from the left; the bytes are copied.
  Statement& bind(std::int64_t value);
  Statement& bind(std::string_view text);
  Statement& bind_blob(std::string_view bytes);

  /// True with each row, false after the last. After a failure the statement is of no further use.
  Result<bool> step();

  /// Of the row that step() has found; `column` counts from 0.
  std::int64_t integer(int column) const;
  std::string text(int column) const;  ///< also a blob's bytes

 private:
  sqlite3_stmt* statement_;
  int bound_ = 0;
};

class Database {
 public:
  /// With `writable`, creates the file (mode 0600) where it is missing.
  static Result<Database> open(const std::filesystem::path& file, bool writable);
  ~Database();
  Database(Database&& other) noexcept;
  Database& operator=(Database&&) = delete;

  Result<Statement> prepare(std::string_view sql);
  /// Any number of statements that have no parameters and whose rows nobody wants.
  Result<> execute(const std::string& sql);
  std::int64_t last_row_id() const;

  /// Makes `other` what this is now, whoever else writes to this meanwhile, in one transaction.
  Result<> copy_into(Database& other);

 private:
  explicit Database(sqlite3* handle) : handle_(handle) {}
  sqlite3* handle_;
};

/// From BEGIN IMMEDIATE to commit(); what has not been committed by the end of the scope is undone.
class Transaction {
 public:
  static Result<Transaction> begin(Database& database);
  ~Transaction();
  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;

  Result<> commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}
  Database* database_;  // null once it is over
};

}  // namespace postrider::directory
