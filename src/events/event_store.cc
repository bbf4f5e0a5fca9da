#include "events/event_store.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"
#include "store/store.h"

namespace postrider::events {
namespace {

constexpr std::size_t kReservedMost = 1000;  // events, before it is known whether there are any

std::string key_of(std::uint64_t number) {
  std::string key;
  put_u64(key, number);
  return key;
}

class StoredEvents final : public EventStore {
 public:
  explicit StoredEvents(const store::Store& store) : store_(store) {}

  void append(store::Step& step, const Event& event) const override {
    const std::uint64_t about =
        event.recipient.exists() ? event.recipient.value : event.message.value;
    step.append(about, encode(event));
  }

  void append(store::Step& step, const SharedEvent& event, RecipientId recipient,
              std::string_view to) const override {
    step.append(recipient.value, event.encode(recipient, to));
  }

  Result<Page> read(std::uint64_t from, std::size_t limit, std::span<const Type> only,
                    FieldSet wanted) const override {
    Page page;
    page.events.reserve(only.empty() ? std::min(limit, kReservedMost) : 0);
    std::size_t count = 0;
    page.next = from;
    TRY_VOID(store_.scan(store::Table::event, key_of(from), {},
                         [&](std::string_view key, std::string_view record) {
                           if (count++ >= limit) {
                             return false;
                           }
                           const std::uint64_t sequence = Reader(key).u64();
                           if (is_wanted(record, only)) {
                             add(page, sequence, record, wanted);
                           }
                           page.next = sequence + 1;
                           return true;
                         }),
             "reading the event log");
    return page;
  }

  Result<Page> about(MessageId message, std::uint32_t count,
                     std::span<const Type> only) const override {
    TRY(const std::vector<std::uint64_t> found, sequences_about(message, count));
    return page_of(found, only);
  }

  Result<Page> first_about(RecipientId recipient, std::size_t limit) const override {
    TRY(const std::vector<std::uint64_t> found, first_sequences_about(recipient, limit));
    return page_of(found, {});
  }

  Result<std::optional<Event>> first_about(RecipientId recipient, Type type, std::size_t limit,
                                           FieldSet wanted) const override {
    TRY(const std::vector<std::uint64_t> found, first_sequences_about(recipient, limit));
    for (const std::uint64_t sequence : found) {
      TRY(const std::optional<std::string> record,
          store_.get(store::Table::event, key_of(sequence)), "reading the event log");
      if (record && type_of_record(*record) == type) {
        if (Result<Event> event = decode(sequence, *record, wanted)) {
          return *std::move(event);
        }
      }
    }
    return std::nullopt;
  }

  std::uint64_t last_sequence() const override { return store_.last_sequence(); }

 private:
  static bool is_wanted(std::string_view record, std::span<const Type> only) {
    return only.empty() || std::ranges::find(only, type_of_record(record)) != only.end();
  }

  Result<Page> page_of(const std::vector<std::uint64_t>& sequences,
                       std::span<const Type> only) const {
    Page page;
    for (const std::uint64_t sequence : sequences) {
      TRY(const std::optional<std::string> record,
          store_.get(store::Table::event, key_of(sequence)), "reading the event log");
      if (record && is_wanted(*record, only)) {
        add(page, sequence, *record, FieldSet::all());
      }
    }
    page.next = sequences.empty() ? 0 : sequences.back() + 1;
    return page;
  }

  Result<std::vector<std::uint64_t>> sequences_about(MessageId message, std::uint32_t count) const {
    std::vector<std::uint64_t> found;
    TRY_VOID(store_.scan(store::Table::event_about, key_of(message.value),
                         key_of(recipient_of(message, count).value),
                         [&](std::string_view key, std::string_view /*value*/) {
                           Reader reader(key);
                           const std::uint64_t recipient = reader.u64();
                           // In between lie the recipients of other partitions.
                           if ((recipient - message.value) % kIdStep == 0) {
                             found.push_back(reader.u64());
                           }
                           return true;
                         }),
             "reading the event log");
    std::ranges::sort(found);
    found.erase(std::unique(found.begin(), found.end()), found.end());
    return found;
  }

  Result<std::vector<std::uint64_t>> first_sequences_about(RecipientId recipient,
                                                           std::size_t limit) const {
    std::vector<std::uint64_t> found;
    TRY_VOID(
        store_.scan(store::Table::event_about, key_of(recipient.value), key_of(recipient.value + 1),
                    [&](std::string_view key, std::string_view /*value*/) {
                      Reader reader(key);
                      reader.u64();
                      found.push_back(reader.u64());
                      return found.size() < limit;
                    }),
        "reading the event log");
    return found;
  }

  static void add(Page& page, std::uint64_t sequence, std::string_view record, FieldSet wanted) {
    if (!decode(sequence, record, wanted, page.events.emplace_back())) {
      page.events.pop_back();
      ++page.unreadable;
      page.unreadable_at.push_back(sequence);
    }
  }

  const store::Store& store_;
};

}  // namespace

std::unique_ptr<EventStore> make_event_store(const store::Store& store) {
  return std::make_unique<StoredEvents>(store);
}

}  // namespace postrider::events
