#include "spool/recovery.h"

#include <algorithm>
#include <utility>

#include "base/fault.h"
#include "spool/records.h"

namespace postrider::spool {
namespace {

using store::Step;
using store::Table;

/// The recipient table in order, a page at a time.
class StateStream {
 public:
  explicit StateStream(const store::Store& store) : store_(store) {}

  struct Entry {
    std::string key;
    std::string record;
  };

  /// The next entry, or null at the end.
  Result<const Entry*> peek() {
    if (next_ == page_.size() && !at_end_) {
      TRY_VOID(read_page());
    }
    return next_ < page_.size() ? &page_[next_] : nullptr;
  }
  void step() { ++next_; }

 private:
  Result<> read_page() {
    constexpr std::size_t kPage = 8192;
    page_.clear();
    next_ = 0;
    TRY_VOID(store_.scan(Table::recipient, from_, {},
                         [&](std::string_view key, std::string_view record) {
                           if (page_.size() == kPage) {
                             from_ = key;
                             return false;
                           }
                           page_.push_back({std::string(key), std::string(record)});
                           return true;
                         }),
             "reading the recipients in the spool");
    at_end_ = page_.size() < kPage;
    return {};
  }

  const store::Store& store_;
  std::string from_;
  std::vector<Entry> page_;
  std::size_t next_ = 0;
  bool at_end_ = false;
};

class Recovery {
 public:
  Recovery(const store::Store& store, const std::function<void(Recovered)>& take, Step& repairs,
           std::vector<std::string>& problems)
      : store_(store), take_(take), repairs_(repairs), problems_(problems), states_(store) {}

  Result<RecoveryFigures> run() {
    Result<> inner;
    TRY_VOID(store_.scan(Table::meta, {}, {},
                         [&](std::string_view key, std::string_view record) {
                           inner = message(key, record);
                           return inner.has_value();
                         }),
             "reading the messages in the spool");
    TRY_VOID(std::move(inner));
    TRY_VOID(drop_orphans({}));
    if (too_new_ > 0) {
      problems_.push_back(std::to_string(too_new_) +
                          " messages in the spool were written by a newer version of Postrider and "
                          "stay as they are: that version will deliver them");
    }
    return figures_;
  }

 private:
  using States = std::vector<StateStream::Entry>;

  Result<> message(std::string_view key, std::string_view record) {
    fault_point("recovery");
    TRY_VOID(drop_orphans(key));
    TRY(const States states, states_of(key));
    Result<Message> message = decode_message(message_of_key(key), record);
    if (!message) {
      could_not_read(key, record, states, message.error());
      return {};
    }
    Recovered recovered{.message = *std::move(message), .states = {}};
    recovered.states.resize(recovered.message.recipient_count());
    if (!add_states(recovered, states)) {
      ++too_new_;
      return {};
    }
    count(recovered);
    const bool is_over = std::ranges::all_of(
        recovered.states, [](const auto& state) { return state && state->is_settled; });
    if (is_over) {  // the last settlement is durable, the forgetting was not
      forget(repairs_, recovered.message.id, recovered.message.recipient_count());
    } else {
      take_(std::move(recovered));
    }
    return {};
  }

  Result<States> states_of(std::string_view key) {
    States states;
    while (true) {
      TRY(const StateStream::Entry* entry, states_.peek());
      if (entry == nullptr || !std::string_view(entry->key).starts_with(key)) {
        return states;
      }
      states.push_back(*entry);
      states_.step();
    }
  }

  /// With its states: who repairs the message needs to know which recipients have settled.
  void could_not_read(std::string_view key, std::string_view record, const States& states,
                      const Error& why) {
    if (why.code() == Errc::unavailable) {
      ++too_new_;
      return;
    }
    put_aside(Table::meta, key, record);
    for (const StateStream::Entry& state : states) {
      put_aside(Table::recipient, state.key, state.record);
    }
    problems_.push_back(why.text() + " and was set aside; its content stays in the spool");
    ++figures_.set_aside;
  }

  /// False if one of them was written by a newer version.
  bool add_states(Recovered& recovered, const States& states) {
    for (const StateStream::Entry& entry : states) {
      const std::uint32_t index = index_of_key(entry.key);
      Result<RecipientState> state = decode_recipient(entry.record);
      if (state && index < recovered.states.size()) {
        recovered.states[index] = *std::move(state);
      } else if (!state && state.error().code() == Errc::unavailable) {
        return false;
      } else {
        // The recipient waits as if it had just been accepted: tried once too often, never lost.
        put_aside(Table::recipient, entry.key, entry.record);
        problems_.push_back("the state of recipient " + std::to_string(index) + " of message " +
                            to_string(recovered.message.id) + " can't be read and was set aside");
        ++figures_.set_aside;
      }
    }
    return true;
  }

  void count(const Recovered& recovered) {
    const auto waiting = static_cast<std::uint64_t>(std::ranges::count_if(
        recovered.states, [](const auto& state) { return !state || !state->is_settled; }));
    figures_.recipients += waiting;
    figures_.messages += waiting > 0 ? 1 : 0;
  }

  /// States before `key` (empty: all that are left) belong to messages that have been forgotten.
  Result<> drop_orphans(std::string_view key) {
    while (true) {
      TRY(const StateStream::Entry* entry, states_.peek());
      if (entry == nullptr || (!key.empty() && entry->key >= key)) {
        return {};
      }
      repairs_.erase(Table::recipient, entry->key);
      states_.step();
    }
  }

  void put_aside(Table table, std::string_view key, std::string_view record) {
    repairs_.put(Table::set_aside, set_aside_key(table, key), std::string(record));
    repairs_.erase(table, std::string(key));
  }

  const store::Store& store_;
  const std::function<void(Recovered)>& take_;
  Step& repairs_;
  std::vector<std::string>& problems_;
  StateStream states_;
  RecoveryFigures figures_;
  std::uint64_t too_new_ = 0;
};

}  // namespace

void forget(Step& step, MessageId id, std::uint32_t count) {
  step.erase(Table::meta, message_key(id));
  step.erase(Table::body, message_key(id));
  for (std::uint32_t i = 0; i < count; ++i) {
    step.erase(Table::recipient, recipient_key(id, i));
  }
}

std::string set_aside_key(Table table, std::string_view key) {
  std::string out(1, static_cast<char>(table));
  return out.append(key);
}

Result<RecoveryFigures> recover_messages(const store::Store& store,
                                         const std::function<void(Recovered)>& take, Step& repairs,
                                         std::vector<std::string>& problems) {
  return Recovery(store, take, repairs, problems).run();
}

}  // namespace postrider::spool
