#include "cli/restore_queue.h"

#include <algorithm>
#include <fstream>
#include <memory>
#include <span>
#include <utility>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

#include "base/clock.h"
#include "cli/json_value.h"
#include "events/event_store.h"
#include "net/io_threads.h"
#include "net/task_group.h"
#include "spool/recovery.h"
#include "spool/spool.h"
#include "store/committer.h"
#include "store/store.h"

namespace postrider::cli {

namespace asio = boost::asio;
namespace json = boost::json;
using asio::awaitable;

namespace {

constexpr std::size_t kMessagesACommit = 1000;

bool settles(const std::string& type) {
  return type == "delivered" || type == "failed" || type == "expired" || type == "suppressed";
}

/// Of one message, what is to be taken out.
struct Settlement {
  MessageId message;
  std::uint32_t count = 0;             ///< recipients of the message
  std::vector<std::uint32_t> indexes;  ///< those that are taken out; empty: the whole message
};

class Settling {
 public:
  explicit Settling(store::Store& store)
      : store_(store), spool_(spool::make_spool(store)), events_(events::make_event_store(store)) {}

  Result<> find(const std::function<bool(RecipientId)>& is_settled) {
    store::Step repairs;  // the relay makes them, and tells of them, when it starts
    std::vector<std::string> problems;
    TRY_VOID(spool_->recover([&](const spool::Recovered& found) { look_at(found, is_settled); },
                             repairs, problems));
    return {};
  }

  Result<> commit(const std::string& why) {
    asio::io_context io{1};
    net::Mailbox mailbox(io);
    store::Committer committer(store_, io, mailbox);
    Result<> done;
    net::TaskGroup tasks(io.get_executor(), "settling");
    tasks.spawn(commit_all(committer, why, done));
    io.run();
    return done;
  }

  std::uint64_t recipients() const { return recipients_; }

 private:
  void look_at(const spool::Recovered& found, const std::function<bool(RecipientId)>& is_settled) {
    Settlement settlement{
        .message = found.message.id, .count = found.message.recipient_count(), .indexes = {}};
    bool is_any_left = false;
    for (std::uint32_t i = 0; i < settlement.count; ++i) {
      if (found.states[i] && found.states[i]->is_settled) {
        continue;
      }
      if (is_settled(recipient_of(found.message.id, i))) {
        settlement.indexes.push_back(i);
      } else {
        is_any_left = true;
      }
    }
    if (settlement.indexes.empty()) {
      return;
    }
    recipients_ += settlement.indexes.size();
    if (!is_any_left) {
      settlement.indexes.clear();
    }
    settlements_.push_back(std::move(settlement));
  }

  void write(store::Step& step, const Settlement& settlement) {
    if (settlement.indexes.empty()) {
      spool::forget(step, settlement.message, settlement.count);
    }
    for (const std::uint32_t index : settlement.indexes) {
      spool_->settle(step, settlement.message, index, settlement.count, true);
    }
  }

  /// All that it refers to lives until commit() returns.
  awaitable<void> commit_all(store::Committer& committer, const std::string& why, Result<>& done) {
    for (std::size_t at = 0; at < settlements_.size() && done; at += kMessagesACommit) {
      const std::size_t count = std::min(kMessagesACommit, settlements_.size() - at);
      store::Step step;
      for (const Settlement& settlement : std::span(settlements_).subspan(at, count)) {
        write(step, settlement);
      }
      done = co_await committer.commit(std::move(step));
    }
    if (!done) {
      co_return;
    }
    events::Event event;
    event.type = events::Type::operational;
    event.time = SystemClock().now();
    event.what = "restored";
    event.detail = why + "; recipients taken out of the queue: " + std::to_string(recipients_);
    store::Step step;
    events_->append(step, event);
    done = co_await committer.commit(std::move(step));
  }

  store::Store& store_;
  std::unique_ptr<spool::Spool> spool_;
  std::unique_ptr<events::EventStore> events_;
  std::vector<Settlement> settlements_;
  std::uint64_t recipients_ = 0;
};

}  // namespace

Result<std::unordered_set<RecipientId>> read_settled(const std::filesystem::path& events) {
  std::ifstream file(events);
  if (!file) {
    return fail(Errc::not_found, "the events " + events.string() + " can't be read");
  }
  std::unordered_set<RecipientId> settled;
  std::uint64_t number_of_line = 0;
  for (std::string line; std::getline(file, line);) {
    ++number_of_line;
    json::error_code ec;
    const json::value event = json::parse(line, ec);
    if (ec && file.eof()) {
      break;  // without an end
    }
    if (ec || text(event, "type").empty()) {
      return fail(Errc::invalid, events.string() + ":" + std::to_string(number_of_line) +
                                     ": this is no event: give lines of `postrider events --json`");
    }
    if (settles(text(event, "type"))) {
      settled.insert(RecipientId{number(event, "recipient")});
    }
  }
  if (file.bad()) {
    return fail(Errc::unavailable, "reading the events " + events.string() + " failed");
  }
  return settled;
}

Result<std::uint64_t> settle_waiting(const std::filesystem::path& spool,
                                     const std::function<bool(RecipientId)>& is_settled,
                                     const std::string& why) {
  TRY(const auto store, store::Store::open({.directory = spool}));
  store->start({});
  Settling settling(*store);
  TRY_VOID(settling.find(is_settled), "reading the queue");
  TRY_VOID(settling.commit(why), "taking recipients out of the queue");
  return settling.recipients();
}

}  // namespace postrider::cli
