// What a Directory holds, and how a change is made: written to the database in one transaction,
// then published as the next snapshot.
//
// Thread: `writing` is held over a whole change, so that changes take turns; current() and
// publish() lock by themselves.
#pragma once

#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <utility>

#include "base/result.h"
#include "directory/directory.h"
#include "directory/sqlite.h"

namespace postrider::directory {

struct Directory::State {
  State(Database opened, OpenMode opened_as) : database(std::move(opened)), mode(opened_as) {}

  Result<> load();
  std::shared_ptr<const Snapshot> current() const;
  void publish(Snapshot next);

  /// Runs `write` in a transaction of its own; nothing has changed if it fails.
  template <class Write>
  Result<> commit(Write write);
  /// The same for a domain that exists: `changed` is given a copy, changes it and writes it.
  template <class Changed>
  Result<Domain> change_domain(std::string_view name, Changed changed);

  std::mutex writing;  // guards database; held over a whole change, so that changes take turns
  Database database;
  const OpenMode mode;

  mutable std::mutex publishing;  // guards snapshot, for the time of a copy
  std::shared_ptr<const Snapshot> snapshot;
};

/// A name from outside, fit for an error's text.
std::string in_quotes(std::string_view text);
std::unexpected<Error> no_such(std::string_view what, std::string_view name);

template <class Write>
Result<> Directory::State::commit(Write write) {
  if (mode == OpenMode::read_only) {
    return fail(Errc::unavailable, "the directory is open for reading only");
  }
  TRY(Transaction transaction, Transaction::begin(database), "changing the directory");
  TRY_VOID(write(), "changing the directory");
  TRY_VOID(transaction.commit(), "changing the directory");
  return {};
}

}  // namespace postrider::directory
