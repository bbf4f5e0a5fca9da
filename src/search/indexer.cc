#include "search/indexer.h"

#include <algorithm>
#include <functional>
#include <initializer_list>
#include <numeric>
#include <string>
#include <utility>
#include <vector>

#include <boost/unordered/unordered_flat_map.hpp>

#include "base/text.h"
#include "events/fields.h"
#include "events/reader_hit.h"
#include "search/index_key.h"

namespace postrider::search {
namespace {

using events::Event;
using events::Type;
using store::Table;

constexpr std::size_t kEntriesMost = 100'000;  // of a batch: 4 MB

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

struct PassingName {
  RecipientId id;
  Type status = Type::accepted;

  bool operator==(const PassingName&) const = default;
};

struct HashOf {
  std::size_t operator()(const ListName& name) const {
    return name.hash ^ (name.account.value << 8 | static_cast<std::uint64_t>(name.kind));
  }
  std::size_t operator()(const PassingName& name) const {
    return std::hash<std::uint64_t>()(name.id.value << 8 | static_cast<std::uint64_t>(name.status));
  }
};

}  // namespace

/// What one batch adds to the lists.
class Indexer::Additions {
 public:
  /// `readable` outlives it.
  explicit Additions(const Readable& readable) : readable_(readable) {}

  std::size_t entries() const { return entries_.size() + passing_.size(); }

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

  /// `sequence`: of an event; that of the batch's first one tells its rows from other batches'.
  void is_of(std::uint64_t sequence) { tag_ = tag_ == 0 ? sequence : tag_; }

  void write(store::Step& step) {
    write_passing(step);
    const std::vector<std::size_t> begins = gather();
    std::vector<std::uint32_t> order(names_.size());
    std::iota(order.begin(), order.end(), 0U);
    std::ranges::sort(order, {}, [this](std::uint32_t list) { return names_[list]; });
    for (const std::uint32_t list : order) {
      write(names_[list], std::span(ids_).subspan(begins[list], begins[list + 1] - begins[list]),
            step);
    }
  }

 private:
  struct Entry {
    std::uint32_t list = 0;  ///< place in names_
    RecipientId id;
  };

  void put(const Event& event, Kind kind, std::string_view value) {
    const ListName name = list_of(kind, event.account, value);
    const auto [place, is_new] = lists_.emplace(name, static_cast<std::uint32_t>(names_.size()));
    if (is_new) {
      names_.push_back(name);
    }
    entries_.push_back({.list = place->second, .id = event.recipient});
  }

  /// Sorts the entries' ids by their lists into ids_; where each list begins there.
  std::vector<std::size_t> gather() {
    std::vector<std::size_t> begins(names_.size() + 1);
    for (const Entry& entry : entries_) {
      ++begins[entry.list + 1];
    }
    std::partial_sum(begins.begin(), begins.end(), begins.begin());
    std::vector<std::size_t> ends = begins;
    ids_.resize(entries_.size());
    for (const Entry& entry : entries_) {
      ids_[ends[entry.list]++] = entry.id;
    }
    return begins;
  }

  /// `ids`: all of a list, as they came, some of them twice.
  void write(const ListName& list, std::span<RecipientId> ids, store::Step& step) const {
    if (!std::ranges::is_sorted(ids)) {
      std::ranges::sort(ids);
    }
    ids = ids.first(ids.size() - std::ranges::unique(ids).size());
    while (!ids.empty()) {
      const std::uint64_t second = second_of(ids.front());
      const auto end =
          std::ranges::find_if(ids, [&](RecipientId id) { return second_of(id) != second; });
      const auto count = static_cast<std::size_t>(end - ids.begin());
      step.put(Table::search, row_key(list, second, tag_), encode_ids(ids.first(count)));
      ids = ids.subspan(count);
    }
  }

  void add_accepted(const Event& event) {
    put(event, Kind::all, {});
    put(event, Kind::recipient, lower(event.to));
    put(event, Kind::sender, lower(event.header_from.empty() ? event.from : event.header_from));
    const bool is_encoded = readable_ && event.subject.contains("=?");
    for (const std::string& word :
         is_encoded ? words_of(readable_(event.subject)) : words_of(event.subject)) {
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
      if (passing.is_new && !passing.is_there) {
        continue;  // came and went
      }
      std::string key =
          row_key(list_of(Kind::status, passing.account, events::to_string(of.status)),
                  second_of(of.id), of.id.value);
      if (passing.is_there) {
        step.put(Table::search, std::move(key), encode_ids({&of.id, 1}));
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

  const Readable& readable_;
  boost::unordered_flat_map<ListName, std::uint32_t, HashOf> lists_;
  std::vector<ListName> names_;
  std::vector<Entry> entries_;
  std::vector<RecipientId> ids_;
  boost::unordered_flat_map<PassingName, Passing, HashOf> passing_;
  std::uint64_t tag_ = 0;
};

Indexer::Indexer(Readable readable)
    : readable_(std::move(readable)), additions_(std::make_unique<Additions>(readable_)) {}
Indexer::~Indexer() = default;

events::FieldSet Indexer::reads() const {
  return events::fields({"account", "recipient", "from", "to", "header_from", "subject", "site",
                         "category", "campaign", "custom_id", "attempt", "machine"});
}

bool Indexer::is_full() const {
  return additions_->entries() >= kEntriesMost;
}

void Indexer::forget() {
  additions_ = std::make_unique<Additions>(readable_);
}

Result<> Indexer::take(std::span<const Event> events, store::Step& /*step*/) {
  Additions& additions = *additions_;
  for (const Event& event : events) {
    additions.is_of(event.sequence);
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
  return {};
}

Result<> Indexer::finish(store::Step& step) {
  additions_->write(step);
  forget();
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
