#include "search/indexer.h"

#include <algorithm>
#include <initializer_list>
#include <map>
#include <string>
#include <tuple>
#include <vector>

#include "base/text.h"
#include "events/reader_hit.h"
#include "search/index_key.h"

namespace postrider::search {
namespace {

using events::Event;
using events::Type;
using store::Table;

/// What readers did stands beside how the delivery stands, where it was a person. Whoever asks for
/// it looks whether it still is seen so: an event that is seen as a person's only later does not
/// say which of both it was.
std::initializer_list<Type> what_a_reader_did(const Event& event) {
  static constexpr std::initializer_list<Type> kNothing{};
  static constexpr std::initializer_list<Type> kOpened{Type::opened};
  static constexpr std::initializer_list<Type> kClicked{Type::clicked};
  static constexpr std::initializer_list<Type> kEither{Type::opened, Type::clicked};
  static constexpr std::initializer_list<Type> kUnsubscribed{Type::unsubscribed};
  const bool is_person = events::is_a_persons(event.machine);
  switch (event.type) {
    case Type::opened:
      return is_person ? kOpened : kNothing;
    case Type::clicked:
      return is_person ? kClicked : kNothing;
    case Type::reassessed:
      return is_person ? kEither : kNothing;
    case Type::unsubscribed:
      return kUnsubscribed;
    default:
      return kNothing;
  }
}

/// A status that something else is bound to follow. Most recipients have it for a moment only, so
/// that it has a row for each of them, which is erased.
bool is_passing(Type status) {
  return status == Type::accepted || status == Type::deferred;
}

/// What its status may have been before this event.
std::initializer_list<Type> before(const Event& event) {
  static constexpr std::initializer_list<Type> kNothing{};
  static constexpr std::initializer_list<Type> kUntried{Type::accepted};
  static constexpr std::initializer_list<Type> kTried{Type::deferred};
  static constexpr std::initializer_list<Type> kEither{Type::accepted, Type::deferred};
  static constexpr std::initializer_list<Type> kDelivered{Type::delivered};
  switch (event.type) {
    case Type::deferred:
      return event.attempt > 1 ? kNothing : kUntried;
    case Type::delivered:
    case Type::failed:
      return event.attempt > 1 ? kTried : kUntried;
    case Type::expired:
    case Type::suppressed:
      return kEither;
    case Type::bounced:
    case Type::complained:  // who bounces and complains is found under both
      return kDelivered;
    default:
      return kNothing;
  }
}

/// What one batch adds to the lists.
class Additions {
 public:
  void add(const Event& event) {
    if (event.type == Type::accepted) {
      add_accepted(event);
    }
    for (const Type status : before(event)) {
      leave(event, status);
    }
    enter(event, event.type);
    if (!event.site.empty()) {
      put(event, Kind::provider, event.site);
    }
    if (!event.category.empty()) {
      put(event, Kind::category, event.category);
    }
  }

  void enter(const Event& event, Type status) {
    if (is_passing(status)) {
      Passing& passing = passing_[{event.recipient, status}];
      passing.account = event.account;
      passing.is_new = passing.is_new || event.attempt <= 1;
      passing.is_there = true;
    } else {
      put(event, Kind::status, events::to_string(status));
    }
  }

  /// `tag`: of no other batch.
  void write(std::uint64_t tag, store::Step& step) {
    write_passing(step);
    std::ranges::sort(entries_);
    const auto repeated = std::ranges::unique(entries_);
    entries_.erase(repeated.begin(), repeated.end());
    std::vector<RecipientId> ids;
    for (std::size_t i = 0; i < entries_.size();) {
      const auto& [list, first] = entries_[i];
      const std::uint64_t second = second_of(first);
      ids.clear();
      for (; i < entries_.size() && entries_[i].list == list && second_of(entries_[i].id) == second;
           ++i) {
        ids.push_back(entries_[i].id);
      }
      step.put(Table::search, row_key(list, second, tag), encode_ids(ids));
    }
  }

 private:
  struct Entry {
    ListName list;
    RecipientId id;
    auto operator<=>(const Entry&) const = default;
  };

  void put(const Event& event, Kind kind, std::string_view value) {
    entries_.push_back({list_of(kind, event.account, value), event.recipient});
  }

  void add_accepted(const Event& event) {
    put(event, Kind::all, {});
    put(event, Kind::recipient, lower(event.to));
    put(event, Kind::sender, lower(event.header_from.empty() ? event.from : event.header_from));
    for (const std::string& word : words_of(event.subject)) {
      put(event, Kind::word, word);
    }
    if (!event.campaign.empty()) {
      put(event, Kind::campaign, event.campaign);
    }
    if (!event.custom_id.empty()) {
      put(event, Kind::custom_id, event.custom_id);
    }
  }

  void leave(const Event& event, Type status) {
    if (!is_passing(status)) {
      put(event, Kind::left_status, events::to_string(status));
      return;
    }
    Passing& passing = passing_[{event.recipient, status}];
    passing.account = event.account;
    passing.is_there = false;
  }

  void write_passing(store::Step& step) const {
    for (const auto& [of, passing] : passing_) {
      const auto& [id, status] = of;
      if (passing.is_new && !passing.is_there) {
        continue;  // came and went
      }
      std::string key = row_key(list_of(Kind::status, passing.account, events::to_string(status)),
                                second_of(id), id.value);
      if (passing.is_there) {
        step.put(Table::search, std::move(key), encode_ids({&id, 1}));
      } else {
        step.erase(Table::search, std::move(key));
      }
    }
  }

  struct Passing {
    AccountId account;
    bool is_new = false;    ///< began in this batch: the index has nothing of it
    bool is_there = false;  ///< at the end of the batch
  };

  std::vector<Entry> entries_;
  std::map<std::pair<RecipientId, Type>, Passing> passing_;
};

}  // namespace

Result<> Indexer::take(std::span<const Event> events, store::Step& step) {
  Additions additions;
  for (const Event& event : events) {
    if (!event.recipient.exists()) {
      continue;
    }
    if (says_how_it_stands(event.type)) {
      additions.add(event);
    }
    for (const Type status : what_a_reader_did(event)) {
      additions.enter(event, status);
    }
  }
  if (!events.empty()) {
    additions.write(events.front().sequence, step);
  }
  return {};
}

Result<> Indexer::can_begin_at(std::uint64_t next) const {
  if (next != 1) {
    return fail(Errc::invalid,
                "the index of recipients is made anew from the first event or not at all, because "
                "one row of it is of many events: say --from 1");
  }
  return {};
}

void Indexer::begin_at(std::uint64_t /*next*/, store::Step& step) {
  step.erase_range(Table::search, std::string(), std::string(1, '\xff'));
}

}  // namespace postrider::search
