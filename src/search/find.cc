#include "search/find.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace postrider::search {
namespace {

constexpr std::size_t kReadAtOnce = 128;  // entries of a list

/// One list of the index, read in pieces: whole seconds.
class List {
 public:
  List(const store::Store& store, const ListName& name) : store_(store), name_(name) {}

  /// The highest id that is not above this one; nothing if there is none. Ids are asked for in
  /// descending order.
  Result<std::optional<RecipientId>> at_most(RecipientId id) {
    if (!covers(id)) {
      TRY_VOID(read(second_of(id)));
    }
    const auto place = std::ranges::lower_bound(ids_, id, std::greater());
    return place == ids_.end() ? std::nullopt : std::optional(*place);
  }

 private:
  bool covers(RecipientId id) const {
    return has_read_ && (is_at_end_ || (!ids_.empty() && ids_.back() <= id));
  }

  Result<> read(std::uint64_t from) {
    ids_.clear();
    has_read_ = true;
    is_at_end_ = true;
    bool is_intact = true;
    std::uint64_t current = from;
    const auto take = [&](std::string_view key, std::string_view value) {
      const std::uint64_t second = second_in(key);
      if (second != current && ids_.size() >= kReadAtOnce) {
        is_at_end_ = false;
        return false;
      }
      current = second;
      is_intact = decode_ids(second, value, ids_);
      return is_intact;
    };
    TRY_VOID(store_.scan(store::Table::search, rows_from(name_, from), rows_end(name_), take),
             "reading the index of recipients");
    if (!is_intact) {
      return fail(Errc::corrupt,
                  "the index of recipients is damaged; `postrider events replay search --from 1` "
                  "makes it anew");
    }
    std::ranges::sort(ids_, std::greater());
    const auto repeated = std::ranges::unique(ids_);
    ids_.erase(repeated.begin(), repeated.end());
    return {};
  }

  const store::Store& store_;
  const ListName name_;
  std::vector<RecipientId> ids_;  // descending
  bool has_read_ = false;
  bool is_at_end_ = false;
};

RecipientId below(RecipientId id) {
  return RecipientId{id.value == 0 ? 0 : id.value - 1};
}

/// All of `in`, and none of `not_in`.
struct Lists {
  std::vector<List> in;
  std::vector<List> not_in;

  Result<bool> exclude(RecipientId id) {
    for (List& list : not_in) {
      TRY(const std::optional<RecipientId> next, list.at_most(id));
      if (next == id) {
        return true;
      }
    }
    return false;
  }
};

Lists lists_of(const store::Store& store, AccountId account, const Query& query) {
  Lists lists;
  for (const auto& [kind, value] : query.terms) {
    lists.in.emplace_back(store, list_of(kind, account, value));
    if (kind == Kind::status) {
      lists.not_in.emplace_back(store, list_of(Kind::left_status, account, value));
    }
  }
  if (lists.in.empty()) {
    lists.in.emplace_back(store, list_of(Kind::all, account, {}));
  }
  return lists;
}

/// The highest id that is meant and not above `id`. Counts what it looks at in `left`, and ends
/// with nothing when that is used up: `id` then says how far it got.
Result<std::optional<RecipientId>> next_of(Lists& lists, RecipientId& id, std::uint64_t& left) {
  std::size_t agreed = 0;
  for (std::size_t i = 0; left > 0; i = (i + 1) % lists.in.size(), --left) {
    TRY(const std::optional<RecipientId> next, lists.in[i].at_most(id));
    if (!next) {
      id = {};
      return std::optional<RecipientId>();
    }
    agreed = *next == id ? agreed + 1 : 1;
    id = *next;
    if (agreed < lists.in.size()) {
      continue;
    }
    TRY(const bool is_excluded, lists.exclude(id));
    if (!is_excluded) {
      return next;
    }
    id = below(id);
    agreed = 0;
  }
  return std::optional<RecipientId>();
}

/// Of one account. Sets `reached`: down to it everything has been looked at; 0: all there is.
Result<std::vector<RecipientId>> find_in(const store::Store& store, AccountId account,
                                         const Query& query, RecipientId& reached) {
  Lists lists = lists_of(store, account, query);
  std::vector<RecipientId> found;
  std::uint64_t left = query.looked_at_max;
  RecipientId id = below(query.before);
  while (found.size() <= query.limit) {
    TRY(const std::optional<RecipientId> next, next_of(lists, id, left));
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
