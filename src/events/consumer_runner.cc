#include "events/consumer_runner.h"

#include <algorithm>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "base/log.h"
#include "events/damage.h"
#include "events/event_store.h"
#include "store/blocking_commit.h"
#include "store/store.h"

namespace postrider::events {
namespace {

constexpr std::chrono::seconds kTryAgain{1};      // who does not know where to begin
constexpr std::uint64_t kPassedOver = 100'000;    // events, without a commit of the cursor
constexpr std::chrono::seconds kStandsStill{10};  // then somebody is told
constexpr int kNice = 15;                         // mail goes first
constexpr std::uint64_t kFarBehind = 5000;        // events: it is catching up
constexpr std::chrono::milliseconds kLetFlush{20};

std::string what_to_do(std::string_view name) {
  return ": `postrider events replay " + std::string(name) + " --from 1` derives everything anew";
}

}  // namespace

ConsumerRunner::ConsumerRunner(const ConsumerPlace& place, std::unique_ptr<Consumer> consumer)
    : place_(place), consumer_(std::move(consumer)) {}

void ConsumerRunner::start() {
  thread_ = std::thread([this] { run(); });
}

void ConsumerRunner::stop() {
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

void ConsumerRunner::replay(std::uint64_t next) {
  {
    const std::lock_guard lock(mutex_);
    replay_ = next;
  }
  changed_.notify_all();
}

void ConsumerRunner::log_begins_at(std::uint64_t first) {
  {
    const std::lock_guard lock(mutex_);
    first_ = first;
  }
  changed_.notify_all();
}

ConsumerFigures ConsumerRunner::figures() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t end = place_.events.last_sequence() + 1;
  return {.name = std::string(consumer_->name()),
          .next = cursor_.next,
          .lag = end - std::min(cursor_.next, end),
          .unreadable = cursor_.unreadable,
          .lost = lost_,
          .taken = taken_,
          .failures = failures_,
          .problem = problem_};
}

void ConsumerRunner::run() {
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

bool ConsumerRunner::begin() {
  const Result<std::optional<Cursor>> found = read_cursor(place_.store, consumer_->name());
  if (!found) {
    set_problem(found.error().text() +
                (found.error().code() == Errc::corrupt ? what_to_do(consumer_->name()) : ""));
    return false;
  }
  const std::uint64_t last = place_.events.last_sequence();
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

bool ConsumerRunner::keep(const Cursor& cursor) {
  store::Step step;
  write_cursor(step, consumer_->name(), cursor);
  const Result<> done = commit(std::move(step));
  if (!done) {
    set_problem(done.error().text());
  }
  return done.has_value();
}

bool ConsumerRunner::begin_again(std::uint64_t next) {
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
  set_cursor(cursor);  // before it is said: whoever reads that it begins again looks how far it is
  set_problem({});
  log::info("a consumer of the event log begins again",
            {{"consumer", std::string(consumer_->name())}, {"at", std::to_string(next)}});
  return true;
}

void ConsumerRunner::go_on_at(std::uint64_t first) {
  const std::uint64_t lost = first - cursor_.next;
  Cursor cursor = cursor_;
  cursor.next = first;
  Event event;
  event.type = Type::operational;
  event.time = place_.now();
  event.what = "consumer_lost";
  event.detail = "the consumer " + std::string(consumer_->name()) + " has lost " +
                 std::to_string(lost) + " events, which went before it had read them";
  store::Step step;
  place_.events.append(step, event);
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

Result<bool> ConsumerRunner::work() {
  const std::uint64_t last = place_.events.last_sequence();
  if (last < cursor_.next) {
    set_problem({});
    return false;
  }
  // It could fill the database's memory faster than that gets to the disk: all mail would stand.
  if (last - cursor_.next >= kFarBehind && place_.store.is_behind()) {
    wait(kLetFlush);
    return true;
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
  TRY_VOID(place_.damage.set_aside(batch.unreadable_at, place_.now(), step));
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

Result<ConsumerRunner::Batch> ConsumerRunner::take(std::uint64_t last, store::Step& step) {
  Batch batch{.cursor = cursor_, .events = 0, .unreadable_at = {}};
  Cursor& cursor = batch.cursor;
  std::uint64_t left = consumer_->batch();
  while (left > 0 && cursor.next <= last && !consumer_->is_full()) {
    TRY(const Page page,
        place_.events.read(cursor.next, std::min(left, std::uint64_t{consumer_->page()}),
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

void ConsumerRunner::has_failed(const Error& why) {
  ++failed_in_a_row_;
  {
    const std::lock_guard lock(mutex_);
    ++failures_;
  }
  set_problem(why.text());
  tell_if_it_stands_still();
}

void ConsumerRunner::tell_if_it_stands_still() {
  const auto now = std::chrono::steady_clock::now();
  if (!stands_since_ || told_ || is_stopping() || now - *stands_since_ < kStandsStill) {
    return;
  }
  told_ = tell("consumer_stopped", "stands still: " + problem_);
}

bool ConsumerRunner::tell(std::string what, const std::string& how) {
  Event event;
  event.type = Type::operational;
  event.time = place_.now();
  event.what = std::move(what);
  event.detail = "consumer " + std::string(consumer_->name()) + " of the event log " + how;
  store::Step step;
  place_.events.append(step, event);
  return commit(std::move(step)).has_value();
}

Result<> ConsumerRunner::commit(store::Step step) {
  return store::commit_and_wait(place_.store, place_.mailbox, std::move(step), store::Urgency::note,
                                [this] { return is_stopping(); });
}

bool ConsumerRunner::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

std::optional<std::uint64_t> ConsumerRunner::take_replay() {
  const std::lock_guard lock(mutex_);
  return std::exchange(replay_, std::nullopt);
}

std::uint64_t ConsumerRunner::take_first() {
  const std::lock_guard lock(mutex_);
  return std::exchange(first_, 0);
}

void ConsumerRunner::wait(std::chrono::milliseconds limit) {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, limit,
                    [this] { return stopping_ || replay_.has_value() || first_ != 0; });
}

void ConsumerRunner::set_cursor(const Cursor& cursor) {
  const std::lock_guard lock(mutex_);
  cursor_ = cursor;
}

void ConsumerRunner::set_problem(std::string problem) {
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
  log::info("a consumer of the event log goes on", {{"consumer", std::string(consumer_->name())}});
  if (std::exchange(told_, false)) {
    tell("consumer_goes_on", "goes on");
  }
}

}  // namespace postrider::events
