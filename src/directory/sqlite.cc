#include "directory/sqlite.h"

#include <cassert>
#include <cerrno>
#include <fcntl.h>
#include <sqlite3.h>
#include <system_error>
#include <utility>

#include "base/descriptor.h"

namespace postrider::directory {
namespace {

std::unexpected<Error> failure(sqlite3* handle) {
  const int code = sqlite3_errcode(handle);
  const bool damaged = code == SQLITE_CORRUPT || code == SQLITE_NOTADB;
  return fail(damaged ? Errc::corrupt : Errc::unavailable, sqlite3_errmsg(handle));
}

/// SQLite would create it by the umask; its WAL then takes the mode of the file.
Result<> create_private(const std::filesystem::path& file) {
  const Descriptor made(::open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  return made.is_open() ? Result<>()
                        : fail(Errc::unavailable, std::generic_category().message(errno));
}

}  // namespace

Statement::~Statement() {
  sqlite3_finalize(statement_);
}

Statement::Statement(Statement&& other) noexcept
    : statement_(std::exchange(other.statement_, nullptr)), bound_(other.bound_) {}

Statement& Statement::bind(std::int64_t value) {
  [[maybe_unused]] const int code = sqlite3_bind_int64(statement_, ++bound_, value);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind(std::string_view text) {
  [[maybe_unused]] const int code =
      sqlite3_bind_text64(statement_, ++bound_, text.data() == nullptr ? "" : text.data(),
                          text.size(), SQLITE_TRANSIENT, SQLITE_UTF8);
  assert(code == SQLITE_OK);
  return *this;
}

Statement& Statement::bind_blob(std::string_view bytes) {
  [[maybe_unused]] const int code =
      sqlite3_bind_blob64(statement_, ++bound_, bytes.data(), bytes.size(), SQLITE_TRANSIENT);
  assert(code == SQLITE_OK);
  return *this;
}

Result<bool> Statement::step() {
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) {
    return true;
  }
  if (code == SQLITE_DONE) {
    return false;
  }
  return failure(sqlite3_db_handle(statement_));
}

std::int64_t Statement::integer(int column) const {
  return sqlite3_column_int64(statement_, column);
}

std::string Statement::text(int column) const {
  const void* bytes = sqlite3_column_blob(statement_, column);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(statement_, column));
  return bytes == nullptr ? std::string() : std::string(static_cast<const char*>(bytes), size);
}

Result<Database> Database::open(const std::filesystem::path& file, bool writable) {
  if (writable) {
    TRY_VOID(create_private(file));
  }
  sqlite3* handle = nullptr;
  const int flags = writable ? SQLITE_OPEN_READWRITE : SQLITE_OPEN_READONLY;
  const int code = sqlite3_open_v2(file.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (code != SQLITE_OK) {
    return failure(handle);
  }
  constexpr int kBusyMilliseconds = 5000;
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
  TRY_VOID(database.execute("PRAGMA foreign_keys=ON; PRAGMA synchronous=FULL"));
  if (writable) {
    // secure_delete: what is deleted is overwritten, so that no free page holds it.
    TRY_VOID(database.execute("PRAGMA journal_mode=WAL; PRAGMA secure_delete=ON"));
  }
  return database;
}

Database::~Database() {
  sqlite3_close_v2(handle_);
}

Database::Database(Database&& other) noexcept : handle_(std::exchange(other.handle_, nullptr)) {}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  if (sqlite3_prepare_v2(handle_, sql.data(), static_cast<int>(sql.size()), &statement, nullptr) !=
      SQLITE_OK) {
    return failure(handle_);
  }
  return Statement(statement);
}

Result<> Database::execute(const std::string& sql) {
  if (sqlite3_exec(handle_, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return failure(handle_);
  }
  return {};
}

std::int64_t Database::last_row_id() const {
  return sqlite3_last_insert_rowid(handle_);
}

Result<> Database::copy_into(Database& other) {
  constexpr int kAllPages = -1;  // in one go: nobody can change what has been copied already
  sqlite3_backup* copying = sqlite3_backup_init(other.handle_, "main", handle_, "main");
  if (copying == nullptr) {
    return failure(other.handle_);
  }
  sqlite3_backup_step(copying, kAllPages);
  if (sqlite3_backup_finish(copying) != SQLITE_OK) {
    return failure(other.handle_);
  }
  return {};
}

Result<Transaction> Transaction::begin(Database& database) {
  TRY_VOID(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::~Transaction() {
  if (database_ != nullptr) {
    // SQLite has rolled back by itself where this fails.
    (void)database_->execute("ROLLBACK");
  }
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Result<> Transaction::commit() {
  TRY_VOID(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace postrider::directory
