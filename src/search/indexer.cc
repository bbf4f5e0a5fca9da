#include "search/indexer.h"

#include <initializer_list>
#include <string>
#include <vector>

#include "base/text.h"
#include "search/index_key.h"

namespace postrider::search {
namespace {

using events::Event;
using events::Type;
using store::Table;

class Entries {
 public:
  Entries(store::Step& step, const Event& event) : step_(step), event_(event) {}

  void put(Kind kind, std::string_view value) {
    step_.put(Table::search, entry(kind, value), std::string());
  }
  void erase(Type status) {
    step_.erase(Table::search, entry(Kind::status, events::to_string(status)));
  }

 private:
  std::string entry(Kind kind, std::string_view value) const {
    return entry_of(list_of(kind, event_.account, value), event_.recipient);
  }

  store::Step& step_;
  const Event& event_;
};

void add_accepted(const Event& event, Entries& entries) {
  entries.put(Kind::all, {});
  entries.put(Kind::recipient, lower(event.to));
  entries.put(Kind::sender, lower(event.header_from.empty() ? event.from : event.header_from));
  for (const std::string& word : words_of(event.subject)) {
    entries.put(Kind::word, word);
  }
  if (!event.campaign.empty()) {
    entries.put(Kind::campaign, event.campaign);
  }
  if (!event.custom_id.empty()) {
    entries.put(Kind::custom_id, event.custom_id);
  }
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
      return kDelivered;
    default:
      return kNothing;
  }
}

bool says_how_it_stands(Type type) {
  switch (type) {
    case Type::accepted:
    case Type::delivered:
    case Type::deferred:
    case Type::failed:
    case Type::expired:
    case Type::bounced:
    case Type::suppressed:
      return true;
    default:
      return false;
  }
}

void add(const Event& event, store::Step& step) {
  Entries entries(step, event);
  if (event.type == Type::accepted) {
    add_accepted(event, entries);
  }
  for (const Type status : before(event)) {
    entries.erase(status);
  }
  entries.put(Kind::status, events::to_string(event.type));
  if (!event.site.empty()) {
    entries.put(Kind::provider, event.site);
  }
  if (!event.category.empty()) {
    entries.put(Kind::category, event.category);
  }
}

}  // namespace

Result<> Indexer::take(std::span<const Event> events, store::Step& step) {
  for (const Event& event : events) {
    if (event.recipient.exists() && says_how_it_stands(event.type)) {
      add(event, step);
    }
  }
  return {};
}

void Indexer::begin_at(std::uint64_t next, store::Step& step) {
  if (next == 1) {
    step.erase_range(Table::search, std::string(), std::string(1, '\xff'));
  }
}

}  // namespace postrider::search
