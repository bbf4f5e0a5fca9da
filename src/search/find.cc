#include "search/find.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace postrider::search {
namespace {

constexpr std::size_t kReadAtOnce = 128;  // entries of a list

/// One list of the index, read in pieces.
class List {
 public:
  List(const store::Store& store, std::string list) : store_(store), list_(std::move(list)) {}

  /// The highest id that is not above this one; nothing if there is none.
  Result<std::optional<RecipientId>> at_most(RecipientId id) {
    if (!covers(id)) {
      TRY_VOID(read(id));
    }
    const auto place = std::ranges::lower_bound(ids_, id, std::greater());
    return place == ids_.end() ? std::nullopt : std::optional(*place);
  }

 private:
  /// Asked for in descending order, what was read before is above.
  bool covers(RecipientId id) const {
    return has_read_ && (is_at_end_ || (!ids_.empty() && ids_.back() <= id));
  }

  Result<> read(RecipientId id) {
    ids_.clear();
    has_read_ = true;
    TRY_VOID(store_.scan(store::Table::search, entry_of(list_, id), list_ + std::string(9, '\xff'),
                         [this](std::string_view entry, std::string_view /*value*/) {
                           ids_.push_back(id_of(entry));
                           return ids_.size() < kReadAtOnce;
                         }),
             "reading the index of recipients");
    is_at_end_ = ids_.size() < kReadAtOnce;
    return {};
  }

  const store::Store& store_;
  const std::string list_;
  std::vector<RecipientId> ids_;  // descending
  bool has_read_ = false;
  bool is_at_end_ = false;
};

RecipientId below(RecipientId id) {
  return RecipientId{id.value == 0 ? 0 : id.value - 1};
}

/// The highest id in all lists that is not above `id`. Counts what it looks at in `left`, and ends
/// with nothing when that is used up: `id` then says how far it got.
Result<std::optional<RecipientId>> common(std::vector<List>& lists, RecipientId& id,
                                          std::uint64_t& left) {
  std::size_t agreed = 0;
  for (std::size_t i = 0; left > 0; i = (i + 1) % lists.size(), --left) {
    TRY(const std::optional<RecipientId> next, lists[i].at_most(id));
    if (!next) {
      id = {};
      return std::optional<RecipientId>();
    }
    agreed = *next == id ? agreed + 1 : 1;
    id = *next;
    if (agreed == lists.size()) {
      return next;
    }
  }
  return std::optional<RecipientId>();
}

/// Of one account. Sets `reached`: down to it everything has been looked at; 0: all there is.
Result<std::vector<RecipientId>> find_in(const store::Store& store, AccountId account,
                                         const Query& query, RecipientId& reached) {
  std::vector<List> lists;
  for (const auto& [kind, value] : query.terms) {
    lists.emplace_back(store, list_of(kind, account, value));
  }
  if (lists.empty()) {
    lists.emplace_back(store, list_of(Kind::all, account, {}));
  }
  std::vector<RecipientId> found;
  std::uint64_t left = query.looked_at_max;
  RecipientId id = below(query.before);
  while (found.size() <= query.limit) {
    TRY(const std::optional<RecipientId> next, common(lists, id, left));
    if (!next && id.exists()) {
      reached = RecipientId{id.value + 1};  // used up; this one itself has not been looked at
      return found;
    }
    if (!next || *next < query.from) {
      reached = {};
      return found;
    }
    found.push_back(*next);
    id = below(*next);
  }
  reached = found.back();
  return found;
}

}  // namespace

Result<Found> find(const store::Store& store, std::span<const AccountId> accounts,
                   const Query& query) {
  Found found;
  for (const AccountId account : accounts) {
    RecipientId reached;
    TRY(const std::vector<RecipientId> ids, find_in(store, account, query, reached));
    found.before = std::max(found.before, reached);
    found.ids.insert(found.ids.end(), ids.begin(), ids.end());
  }
  std::ranges::sort(found.ids, std::greater());
  found.has_more = found.before.exists() || found.ids.size() > query.limit;
  if (found.ids.size() > query.limit) {
    found.ids.resize(query.limit);
  }
  // Below what every account has been looked through to, nothing is known to be next.
  std::erase_if(found.ids, [&](RecipientId id) { return id < found.before; });
  if (found.ids.size() == query.limit) {
    found.before = found.ids.back();
  }
  return found;
}

}  // namespace postrider::search
