#include <algorithm>
#include <mutex>
#include <unordered_map>
#include <utility>

#include "spool/records.h"
#include "spool/recovery.h"
#include "spool/spool.h"
#include "store/store.h"

namespace postrider::spool {
namespace {

using store::Step;
using store::Table;

class StoredSpool final : public Spool {
 public:
  explicit StoredSpool(const store::Store& store) : store_(store) {}

  void add(Step& step, const Message& message, std::shared_ptr<const std::string> content,
           std::string_view plan) override {
    const std::string key = message_key(message.id);
    step.put(Table::meta, key, encode(message));
    std::string prefix = content_prefix(*content, plan);
    step.put(Table::body, key, std::move(prefix), std::move(content));
  }

  void defer(Step& step, MessageId id, std::uint32_t index, const RecipientState& state) override {
    step.put(Table::recipient, recipient_key(id, index), encode(state));
  }

  bool settle(Step& step, MessageId id, std::uint32_t index, std::uint32_t count,
              bool was_tried) override {
    if (count > 1) {
      RecipientState done;
      done.is_settled = true;
      step.put(Table::recipient, recipient_key(id, index), encode(done));
      return false;
    }
    forget(step, id, was_tried ? 1 : 0);
    return true;
  }

  std::optional<Step> settled(MessageId id, std::uint32_t count) override {
    {
      const std::lock_guard lock(mutex_);
      const auto [waiting, is_new] = waiting_.try_emplace(id, count);
      if (--waiting->second > 0) {
        return std::nullopt;
      }
      waiting_.erase(waiting);
    }
    Step step;
    forget(step, id, count);
    return step;
  }

  Result<Message> read(MessageId id) const override {
    TRY(const std::string record, read_value(Table::meta, id));
    return decode_message(id, record);
  }

  Result<Content> read_content(MessageId id) const override {
    TRY(std::string stored, read_value(Table::body, id));
    return open_content(std::move(stored));
  }

  Result<std::optional<RecipientState>> read_state(MessageId id,
                                                   std::uint32_t index) const override {
    TRY(const std::optional<std::string> record,
        store_.get(Table::recipient, recipient_key(id, index)));
    if (!record) {
      return std::optional<RecipientState>();
    }
    TRY(RecipientState state, decode_recipient(*record));
    return std::optional(std::move(state));
  }

  Result<> set_aside(Step& step, MessageId id) override {
    {
      const std::lock_guard lock(mutex_);
      waiting_.erase(id);
    }
    const std::string key = message_key(id);
    const std::string end = message_key(MessageId{id.value + 1});
    TRY(const std::optional<std::string> record, store_.get(Table::meta, key),
        "message " + to_string(id));
    if (record) {  // otherwise another recipient's attempt came first
      keep_aside(step, Table::meta, key, *record);
      step.erase(Table::meta, key);
      TRY_VOID(store_.scan(Table::recipient, key, end,
                           [&](std::string_view state_key, std::string_view state) {
                             keep_aside(step, Table::recipient, state_key, state);
                             return true;
                           }));
    }
    // A range, because another recipient's settlement may still be on its way to the store.
    step.erase_range(Table::recipient, key, end);
    return {};
  }

  Result<RecoveryFigures> recover(const std::function<void(Recovered)>& take, Step& repairs,
                                  std::vector<std::string>& problems) override {
    const auto note_waiting = [&](Recovered recovered) {
      const auto open = static_cast<std::uint32_t>(std::ranges::count_if(
          recovered.states, [](const auto& state) { return !state || !state->is_settled; }));
      if (open < recovered.message.recipient_count()) {
        waiting_.emplace(recovered.message.id, open);
      }
      take(std::move(recovered));
    };
    return recover_messages(store_, note_waiting, repairs, problems);
  }

 private:
  static void keep_aside(Step& step, Table table, std::string_view key, std::string_view record) {
    step.put(Table::set_aside, set_aside_key(table, key), std::string(record));
  }

  Result<std::string> read_value(Table table, MessageId id) const {
    TRY(std::optional<std::string> value, store_.get(table, message_key(id)),
        "message " + to_string(id));
    if (!value) {
      return fail(Errc::not_found, "no message " + to_string(id) + " is waiting");
    }
    return *std::move(value);
  }

  const store::Store& store_;
  std::mutex mutex_;
  /// How many recipients are not settled; only of messages with several, once the first has
  /// settled.
  std::unordered_map<MessageId, std::uint32_t> waiting_;
};

}  // namespace

std::unique_ptr<Spool> make_spool(const store::Store& store) {
  return std::make_unique<StoredSpool>(store);
}

}  // namespace postrider::spool
