// What the control API makes of suppressions: from JSON and CSV, and to JSON. Any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json_text.h"
#include "http/control_api.h"
#include "http/request_body.h"
#include "suppression/list.h"

namespace postrider::http {

/// The list of an account by its name, or the global one. Without either: that of the only account;
/// Errc::invalid if there are several.
Result<AccountId> list_of(const ControlParts& parts, const std::string& account,
                          const std::string& global);
/// The same, of a body's members `account` and `global`.
Result<AccountId> list_of(const ControlParts& parts, const RequestBody& body);
std::string list_name(const ControlParts& parts, AccountId of);  ///< "global", or the account's
Time now_of(const ControlParts& parts);
/// Greater than all before, so that of two changes in one millisecond the later one counts. Any
/// thread.
std::uint64_t number_of_change();

/// Nothing for "".
Result<std::optional<suppression::Reason>> reason_of(const std::string& name);

/// As people write it; what is not there is manual, for everything, for ever.
struct Wanted {
  std::optional<std::string> reason;
  std::optional<std::string> stream;
  std::optional<std::string> since;    ///< a time; a later one than now is now
  std::optional<std::string> expires;  ///< a time, or a duration from now
  std::optional<std::string> note;
};
Result<suppression::Change> change_of(std::string_view address, const Wanted& wanted, Time now);
/// Errc::invalid: its scope or note is too long, or not printable.
Result<> check_text(const suppression::Change& change);

void write(JsonText& json, const suppression::Change& change);

struct Imported {
  store::Step step;
  std::uint64_t added = 0;
  std::uint64_t known = 0;                                    ///< that stood on the list already
  std::vector<std::pair<std::uint64_t, std::string>> errors;  ///< line, from 1, and what is wrong
};
/// CSV: a first line that names the columns (address, reason, stream, since, expires, note; others
/// are skipped), or addresses alone. Blocks on the disk for what is known.
Result<> read_rows(std::string_view csv, suppression::Writing& writing, AccountId of, Time now,
                   Imported& into);

}  // namespace postrider::http
