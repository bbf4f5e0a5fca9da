#include "events/consumers.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <thread>
#include <unistd.h>
#include <utility>

#include "base/log.h"
#include "events/cursor.h"
#include "events/damage.h"
#include "events/event_store.h"
#include "store/store.h"

namespace postrider::events {
namespace {

constexpr std::chrono::milliseconds kLookAgain{50};
constexpr std::chrono::seconds kTryAgain{1};      // who does not know where to begin
constexpr std::uint64_t kPassedOver = 100'000;    // events, without a commit of the cursor
constexpr std::chrono::seconds kStandsStill{10};  // then somebody is told
constexpr int kNice = 15;                         // mail goes first

/// A commit that somebody waits for, or has stopped waiting for.
struct Pending {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<Result<>> done;
};

std::string what_to_do(std::string_view name) {
  return ": `postrider events replay " + std::string(name) + " --from 1` derives everything anew";
}

}  // namespace

class Consumers::Runner {
 public:
  Runner(Consumers& owner, std::unique_ptr<Consumer> consumer)
      : owner_(owner), consumer_(std::move(consumer)) {}

  const Consumer& consumer() const { return *consumer_; }

  void start() {
    thread_ = std::thread([this] { run(); });
  }

  void stop() {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    consumer_->stop_waiting();
    if (thread_.joinable()) {
      thread_.join();
    }
  }

  void replay(std::uint64_t next) {
    {
      const std::lock_guard lock(mutex_);
      replay_ = next;
    }
    changed_.notify_all();
  }

  void log_begins_at(std::uint64_t first) {
    {
      const std::lock_guard lock(mutex_);
      first_ = first;
    }
    changed_.notify_all();
  }

  ConsumerFigures figures() const {
    const std::lock_guard lock(mutex_);
    const std::uint64_t end = owner_.events_.last_sequence() + 1;
    return {.name = std::string(consumer_->name()),
            .next = cursor_.next,
            .lag = end - std::min(cursor_.next, end),
            .unreadable = cursor_.unreadable,
            .lost = lost_,
            .taken = taken_,
            .failures = failures_,
            .problem = problem_};
  }

 private:
  void run() {
    ::prctl(PR_SET_NAME, std::string(consumer_->name().substr(0, 15)).c_str());
    ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
    bool has_begun = begin();
    while (!is_stopping()) {
      if (const std::optional<std::uint64_t> next = take_replay()) {
        has_begun = begin_again(*next);
      } else if (!has_begun) {
        tell_if_it_stands_still();
        wait(kTryAgain);
      } else if (const std::uint64_t first = take_first(); first > cursor_.next) {
        go_on_at(first);
      } else if (const Result<bool> is_behind = work(); !is_behind) {
        consumer_->forget();
        has_failed(is_behind.error());
        wait(consumer_->try_again(failed_in_a_row_));
      } else {
        failed_in_a_row_ = 0;
        if (!*is_behind) {
          consumer_->idle();
          wait(consumer_->pause());
        }
      }
    }
  }

  /// Finds its cursor. False: it has stopped until it is told where to begin.
  bool begin() {
    const Result<std::optional<Cursor>> found = read_cursor(owner_.store_, consumer_->name());
    if (!found) {
      set_problem(found.error().text() +
                  (found.error().code() == Errc::corrupt ? what_to_do(consumer_->name()) : ""));
      return false;
    }
    const std::uint64_t last = owner_.events_.last_sequence();
    const Cursor cursor =
        found->value_or(Cursor{.next = consumer_->begins_at(last + 1), .unreadable = 0});
    committed_ = cursor.next;
    set_cursor(cursor);
    if (cursor.next > last + 1) {
      keep({.next = kPastTheEnd, .unreadable = cursor.unreadable});
      set_problem(past_the_end(cursor.next, last) + what_to_do(consumer_->name()));
      return false;
    }
    return *found || cursor.next == 1 || keep(cursor);
  }

  /// Where it begins for the first time, so that a crash does not let it begin later.
  bool keep(const Cursor& cursor) {
    store::Step step;
    write_cursor(step, consumer_->name(), cursor);
    const Result<> done = commit(std::move(step));
    if (!done) {
      set_problem(done.error().text());
    }
    return done.has_value();
  }

  bool begin_again(std::uint64_t next) {
    store::Step step;
    consumer_->begin_at(next, step);
    const Cursor cursor{.next = next, .unreadable = 0};
    write_cursor(step, consumer_->name(), cursor);
    if (!commit(std::move(step))) {
      consumer_->forget();
      return false;
    }
    failed_in_a_row_ = 0;
    committed_ = next;
    set_cursor(
        cursor);  // before it is said: whoever reads that it begins again looks how far it is
    set_problem({});
    log::info("a consumer of the event log begins again",
              {{"consumer", std::string(consumer_->name())}, {"at", std::to_string(next)}});
    return true;
  }

  /// What lies in front of `first` has gone unread.
  void go_on_at(std::uint64_t first) {
    const std::uint64_t lost = first - cursor_.next;
    Cursor cursor = cursor_;
    cursor.next = first;
    Event event;
    event.type = Type::operational;
    event.time = owner_.now_();
    event.what = "consumer_lost";
    event.detail = "the consumer " + std::string(consumer_->name()) + " has lost " +
                   std::to_string(lost) + " events, which went before it had read them";
    store::Step step;
    owner_.events_.append(step, event);
    write_cursor(step, consumer_->name(), cursor);
    if (!commit(std::move(step))) {
      log_begins_at(first);  // again
      wait(kTryAgain);
      return;
    }
    log::error("a consumer of the event log has lost events",
               {{"consumer", std::string(consumer_->name())},
                {"count", std::to_string(lost)},
                {"goes_on_at", std::to_string(first)}});
    committed_ = first;
    const std::lock_guard lock(mutex_);
    cursor_ = cursor;
    lost_ += lost;
  }

  /// One batch. False: it has come to where the log ended.
  Result<bool> work() {
    const std::uint64_t last = owner_.events_.last_sequence();
    if (last < cursor_.next) {
      set_problem({});
      return false;
    }
    store::Step step;
    TRY(const Batch batch, take(last, step));
    if (batch.cursor.next == cursor_.next) {
      return false;
    }
    if (batch.events == 0 && batch.unreadable_at.empty() &&
        batch.cursor.next - committed_ < kPassedOver) {
      set_cursor(batch.cursor);  // after a crash it passes over them again
      set_problem({});
      return batch.cursor.next <= last;
    }
    TRY_VOID(consumer_->finish(step));
    TRY_VOID(owner_.damage_->set_aside(batch.unreadable_at, owner_.now_(), step));
    write_cursor(step, consumer_->name(), batch.cursor);
    TRY_VOID(commit(std::move(step)));
    committed_ = batch.cursor.next;
    set_cursor(batch.cursor);
    {
      const std::lock_guard lock(mutex_);
      taken_ += batch.events;
    }
    set_problem({});
    return batch.cursor.next <= last;
  }

  struct Batch {
    Cursor cursor;  ///< behind it
    std::uint64_t events = 0;
    std::vector<std::uint64_t> unreadable_at;
  };

  /// Reads a batch and gives it to the consumer, a page at a time; no further than the first page
  /// that comes to `last`.
  Result<Batch> take(std::uint64_t last, store::Step& step) {
    Batch batch{.cursor = cursor_, .events = 0, .unreadable_at = {}};
    Cursor& cursor = batch.cursor;
    std::uint64_t left = consumer_->batch();
    while (left > 0 && cursor.next <= last && !consumer_->is_full()) {
      TRY(const Page page,
          owner_.events_.read(cursor.next, std::min(left, std::uint64_t{consumer_->page()}),
                              consumer_->wants(), consumer_->reads()));
      if (page.next == cursor.next || is_stopping()) {
        break;
      }
      if (!page.events.empty() || page.unreadable > 0) {
        TRY_VOID(consumer_->take(page.events, step));
      }
      left -= std::min(left, page.next - cursor.next);
      cursor.next = page.next;
      cursor.unreadable += page.unreadable;
      batch.events += page.events.size();
      batch.unreadable_at.insert(batch.unreadable_at.end(), page.unreadable_at.begin(),
                                 page.unreadable_at.end());
    }
    return batch;
  }

  void has_failed(const Error& why) {
    ++failed_in_a_row_;
    {
      const std::lock_guard lock(mutex_);
      ++failures_;
    }
    set_problem(why.text());
    tell_if_it_stands_still();
  }

  void tell_if_it_stands_still() {
    const auto now = std::chrono::steady_clock::now();
    if (!stands_since_ || told_ || is_stopping() || now - *stands_since_ < kStandsStill) {
      return;
    }
    told_ = tell("consumer_stopped", "stands still: " + problem_);
  }

  /// As an event; false: it could not be written.
  bool tell(std::string what, const std::string& how) {
    Event event;
    event.type = Type::operational;
    event.time = owner_.now_();
    event.what = std::move(what);
    event.detail = "consumer " + std::string(consumer_->name()) + " of the event log " + how;
    store::Step step;
    owner_.events_.append(step, event);
    return commit(std::move(step)).has_value();
  }

  /// Returns when it is durable; when the consumer is to stop, without knowing.
  Result<> commit(store::Step step) {
    auto pending = std::make_shared<Pending>();
    std::vector<store::Store::Request> requests;
    requests.push_back({.step = std::move(step),
                        .urgency = store::Urgency::note,
                        .completed =
                            [pending](const Result<>& done) {
                              const std::lock_guard lock(pending->mutex);
                              pending->done = done;
                              pending->changed.notify_all();
                            },
                        .reply_to = &owner_.mailbox_});
    owner_.store_.submit(requests);
    std::unique_lock lock(pending->mutex);
    while (!pending->done) {
      pending->changed.wait_for(lock, kLookAgain);
      if (!pending->done && is_stopping()) {
        return fail(Errc::closed, "stopping");
      }
    }
    return *pending->done;
  }

  bool is_stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  std::optional<std::uint64_t> take_replay() {
    const std::lock_guard lock(mutex_);
    return std::exchange(replay_, std::nullopt);
  }

  std::uint64_t take_first() {
    const std::lock_guard lock(mutex_);
    return std::exchange(first_, 0);
  }

  void wait(std::chrono::milliseconds limit) {
    std::unique_lock lock(mutex_);
    changed_.wait_for(lock, limit,
                      [this] { return stopping_ || replay_.has_value() || first_ != 0; });
  }

  void set_cursor(const Cursor& cursor) {
    const std::lock_guard lock(mutex_);
    cursor_ = cursor;
  }

  /// Logged once, however long it lasts.
  void set_problem(std::string problem) {
    if (is_stopping()) {
      return;
    }
    std::unique_lock lock(mutex_);
    if (problem == problem_) {
      return;
    }
    problem_ = problem;
    lock.unlock();
    if (!problem.empty()) {
      log::error("a consumer of the event log has stopped",
                 {{"consumer", std::string(consumer_->name())}, {"why", problem}});
      stands_since_ = stands_since_.value_or(std::chrono::steady_clock::now());
      return;
    }
    stands_since_.reset();
    log::info("a consumer of the event log goes on",
              {{"consumer", std::string(consumer_->name())}});
    if (std::exchange(told_, false)) {
      tell("consumer_goes_on", "goes on");
    }
  }

  Consumers& owner_;
  const std::unique_ptr<Consumer> consumer_;
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  bool stopping_ = false;
  std::optional<std::uint64_t> replay_;
  std::uint64_t first_ = 0;  // where the log begins, if that is news
  std::uint64_t lost_ = 0;
  // Of the thread alone:
  std::uint64_t committed_ = 0;  // the cursor as it is in the database
  std::uint64_t failed_in_a_row_ = 0;
  std::optional<std::chrono::steady_clock::time_point> stands_since_;
  bool told_ = false;
  // Written by the thread alone, so that it reads them without the lock:
  Cursor cursor_;
  std::string problem_;
  std::uint64_t taken_ = 0;
  std::uint64_t failures_ = 0;
  std::thread thread_;
};

Consumers::Consumers(store::Store& store, const EventStore& events, net::Mailbox& mailbox,
                     std::function<Time()> now)
    : store_(store),
      events_(events),
      mailbox_(mailbox),
      now_(std::move(now)),
      damage_(std::make_unique<Damage>(store, events)) {}

Consumers::~Consumers() {
  stop();
}

void Consumers::add(std::unique_ptr<Consumer> consumer) {
  runners_.push_back(std::make_unique<Runner>(*this, std::move(consumer)));
}

void Consumers::start() {
  for (const auto& runner : runners_) {
    runner->start();
  }
}

void Consumers::stop() {
  for (const auto& runner : runners_) {
    runner->stop();
  }
}

void Consumers::log_begins_at(std::uint64_t first) {
  for (const auto& runner : runners_) {
    runner->log_begins_at(first);
  }
}

Result<> Consumers::replay(std::string_view name, std::uint64_t next) {
  const auto found = std::ranges::find_if(
      runners_, [&](const auto& runner) { return runner->consumer().name() == name; });
  if (found == runners_.end()) {
    return fail(Errc::not_found, "no consumer is called '" + std::string(name) + "'");
  }
  TRY_VOID((*found)->consumer().can_begin_at(next));
  (*found)->replay(next);
  return {};
}

std::vector<ConsumerFigures> Consumers::figures() const {
  std::vector<ConsumerFigures> all;
  all.reserve(runners_.size());
  for (const auto& runner : runners_) {
    all.push_back(runner->figures());
  }
  return all;
}

}  // namespace postrider::events
