#include "spool/recovery.h"

#include <utility>

#include "base/bytes.h"
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
    return figures_;
  }

 private:
  Result<> message(std::string_view key, std::string_view record) {
    figures_.highest_id = message_of_key(key).value;
    TRY_VOID(drop_orphans(key));
    Result<Message> message = decode_message(message_of_key(key), record);
    if (!message) {
      put_aside(Table::meta, key, record, message.error().text());
      return {};
    }
    Recovered recovered{.message = *std::move(message), .states = {}};
    recovered.states.resize(recovered.message.envelope.recipients.size());
    TRY_VOID(add_states(key, recovered));
    const std::uint64_t last =
        recipient_of(recovered.message.id, recovered.message.recipient_count() - 1).value;
    figures_.highest_id = std::max(figures_.highest_id, last);
    ++figures_.messages;
    for (const auto& state : recovered.states) {
      figures_.recipients += !state || !state->is_settled ? 1 : 0;
    }
    take_(std::move(recovered));
    return {};
  }

  Result<> add_states(std::string_view key, Recovered& recovered) {
    while (true) {
      TRY(const StateStream::Entry* entry, states_.peek());
      if (entry == nullptr || !std::string_view(entry->key).starts_with(key)) {
        return {};
      }
      const std::uint32_t index = Reader(std::string_view(entry->key).substr(key.size())).u32();
      Result<RecipientState> state = decode_recipient(entry->record);
      if (state && index < recovered.states.size()) {
        recovered.states[index] = *std::move(state);
      } else {
        // The recipient waits as if it had just been accepted: tried once too often, never lost.
        put_aside(Table::recipient, entry->key, entry->record,
                  "the state of recipient " + std::to_string(index) + " of message " +
                      to_string(recovered.message.id) + " can't be read");
      }
      states_.step();
    }
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

  void put_aside(Table table, std::string_view key, std::string_view record,
                 const std::string& why) {
    repairs_.put(Table::set_aside, set_aside_key(table, key), std::string(record));
    repairs_.erase(table, std::string(key));
    problems_.push_back(why);
    ++figures_.set_aside;
  }

  const store::Store& store_;
  const std::function<void(Recovered)>& take_;
  Step& repairs_;
  std::vector<std::string>& problems_;
  StateStream states_;
  RecoveryFigures figures_;
};

}  // namespace

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
