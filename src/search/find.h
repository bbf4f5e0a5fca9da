// Recipients to which several things apply, newest first.
//
// The lists of the index are intersected by jumping: each is read from where another one says that
// the next common entry can be at the earliest. What is rare in one list therefore costs little
// however long the others are.
//
// Paging: `before` is the last id of the page before. New recipients have higher ids, so that pages
// stay what they are.
//
// Blocks for a moment on the disk; any thread. Errors: those of the store.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "search/index_key.h"
#include "store/store.h"

namespace postrider::search {

struct Query {
  std::vector<std::pair<Kind, std::string>> terms = {};  ///< all of them; none: every recipient
  RecipientId from = {};                                 ///< lowest id
  RecipientId before = RecipientId{kIdLimit};            ///< not this one, nor higher
  std::size_t limit = 50;
  std::uint64_t looked_at_max = 200'000;  ///< entries, of each account
};

struct Found {
  std::vector<RecipientId> ids;
  RecipientId before;     ///< for the next page
  bool has_more = false;  ///< there may be more behind
};

/// Of these accounts together.
Result<Found> find(const store::Store& store, std::span<const AccountId> accounts,
                   const Query& query);

}  // namespace postrider::search
