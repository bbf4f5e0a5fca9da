#include "directory/backup.h"

#include <string>

#include "directory/sqlite.h"

namespace postrider::directory {
namespace {

Result<> check_whole(Database& database) {
  TRY(Statement check, database.prepare("PRAGMA integrity_check(1)"));
  TRY_VOID(check.step());
  if (check.text(0) != "ok") {
    return fail(Errc::corrupt, "it is damaged: " + check.text(0));
  }
  return {};
}

}  // namespace

Result<> back_up(const std::filesystem::path& from, const std::filesystem::path& to) {
  const std::string doing = "copying the directory " + from.string();
  TRY(Database source, Database::open(from, false), doing);
  TRY(Database copy, Database::open(to, true), doing + " to " + to.string());
  TRY_VOID(source.copy_into(copy), doing + " to " + to.string());
  TRY_VOID(copy.execute("PRAGMA journal_mode=DELETE"), doing + " to " + to.string());
  TRY_VOID(check_whole(copy), doing);
  return {};
}

}  // namespace postrider::directory
