// The tables of the directory and how an older file becomes a present one.
//
// A file's version is the number of migrations that it has had. One that is newer than this program
// is refused, because a program that does not know a column may break what it means.
#pragma once

#include "base/result.h"
#include "directory/sqlite.h"

namespace postrider::directory {

/// Applies what is missing, in one transaction. Errc::invalid if the file is newer.
Result<> migrate(Database& database);

/// For a database that can't be written: Errc::invalid unless its version is the present one.
Result<> check_schema(Database& database);

}  // namespace postrider::directory
