#include "webhook/endpoint.h"

#include <algorithm>
#include <utility>

#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/random.h"
#include "webhook/retry.h"

namespace postrider::webhook {

using boost::asio::awaitable;
using directory::Webhook;
using directory::WebhookFormat;
using directory::WebhookState;
using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds kGather{1000};
constexpr std::chrono::seconds kTryAgain{1};
constexpr std::uint64_t kSaveEvery = 5000;  // events of which the endpoint is told nothing
constexpr std::uint64_t kTrimEvery = 1000;  // rows
constexpr std::chrono::hours kTrimAfter{24};
constexpr unsigned kGone = 410;

awaitable<void> pause(std::chrono::milliseconds limit) {
  boost::asio::steady_timer timer(co_await boost::asio::this_coro::executor, limit);
  co_await timer.async_wait(boost::asio::use_awaitable);
}

std::string reason_of(const Request& request) {
  return request.status == 0 ? request.why : "it answers " + std::to_string(request.status);
}

}  // namespace

Endpoint::Endpoint(Surroundings& around, std::shared_ptr<const Webhook> webhook)
    : around_(around),
      webhook_(std::move(webhook)),
      selection_(*webhook_),
      tasks_(around.executor, "webhook"),
      woken_(around.executor),
      lane_ended_(around.executor),
      client_(around.resolver, around.tls) {
  figures_.id = webhook_->id;
}

void Endpoint::start() {
  tasks_.spawn(run());
}

awaitable<void> Endpoint::stop() {
  is_stopping_ = true;
  tasks_.cancel();
  co_await tasks_.join();
  client_.close_idle();  // their timers keep the loop from running out of work
  if (saved_next_ == 0) {
    co_return;  // it has not begun
  }
  // Waited for, because whoever comes after it reads what is written here.
  write_state(unsaved_);
  const Result<> done = co_await around_.committer.commit(std::exchange(unsaved_, {}));
  if (!done) {
    set_problem(done.error().text());
  }
}

EndpointFigures Endpoint::figures() const {
  const std::lock_guard lock(mutex_);
  EndpointFigures figures = figures_;
  const std::uint64_t end = around_.events.last_sequence() + 1;
  figures.lag = end - std::min(figures.next, end);
  return figures;
}

Result<> Endpoint::begin() {
  const std::string name = cursor_name(webhook_->id);
  TRY(const std::optional<events::Cursor> found, events::read_cursor(around_.store, name));
  TRY(progress_, read_progress(around_.store, webhook_->id));
  cursor_ = found.value_or(events::Cursor{.next = webhook_->begins_at, .unreadable = 0});
  const std::uint64_t end = around_.events.last_sequence() + 1;
  if (cursor_.next > end) {
    const std::string why = events::past_the_end(cursor_.next, end - 1);
    cursor_.next = events::kPastTheEnd;
    saved_next_ = cursor_.next;
    return fail(Errc::corrupt, why);
  }
  saved_next_ = cursor_.next;
  due_ = around_.clock.steady_now();
  const std::lock_guard lock(mutex_);
  figures_.next = cursor_.next;
  figures_.failing_since = progress_.failing_since;
  return {};
}

/// False: nobody can tell where it has come to, and a person has to say where it goes on.
awaitable<bool> Endpoint::find_its_place() {
  while (true) {
    const Result<> begun = begin();
    if (begun) {
      co_return true;
    }
    const std::string why = begun.error().text();
    set_problem(why);
    if (begun.error().code() == Errc::corrupt) {
      const std::string id = to_string(webhook_->id);
      co_await become(WebhookState::suspended, webhook_->on_backup,
                      why + ": `postrider webhook replay " + id +
                          " --from NUMBER` and then `postrider webhook resume " + id +
                          "` let it go on");
      if (has_ended_) {
        co_return false;
      }
    }
    co_await pause(kTryAgain);
  }
}

awaitable<void> Endpoint::run() {
  const bool has_begun = co_await find_its_place();
  if (!has_begun) {
    co_return;
  }
  while (!has_ended_) {
    co_await wait_until_due();
    if (is_time_to_trim()) {
      save();
    }
    Result<std::shared_ptr<Round>> round = gather();
    if (!round) {
      set_problem(round.error().text());
      co_await pause(kTryAgain);
      continue;
    }
    if (progress_.failures == 0) {
      set_problem({});
    }
    if ((*round)->open.empty()) {
      const bool has_more = (*round)->next <= around_.events.last_sequence();
      co_await send_round(*round);  // moves the cursor
      if (has_more) {
        // Nothing waits while it catches up: the others on this thread have their turn, and stop().
        co_await boost::asio::post(around_.executor, boost::asio::use_awaitable);
      } else {
        co_await woken_.wait(net::within(kTrimAfter));
      }
      continue;
    }
    if (!(*round)->is_full && progress_.failures == 0 &&
        webhook_->format != WebhookFormat::mailjet) {
      round->reset();
      co_await pause(kGather);  // what comes within a second travels together
      round = gather();
      if (!round) {
        continue;
      }
    }
    co_await send_round(*round);
  }
}

/// From the cursor on, to the end of the round that is not over.
Result<std::shared_ptr<Round>> Endpoint::gather() {
  return gather_round(around_.recent, selection_, webhook_->format,
                      {.from = cursor_.next,
                       .end = round_end_ != 0 ? round_end_ : around_.recent.last_sequence() + 1,
                       .lanes = around_.options().requests_max,
                       .without = ahead_});
}

awaitable<void> Endpoint::send_round(std::shared_ptr<Round> round) {
  round_end_ = round->next;
  if (progress_.failures > 0 && !round->open.empty()) {
    const bool is_well = co_await send_next(round, round->first_lane);
    if (!is_well) {
      co_return;
    }
  }
  for (std::size_t lane = 0; lane < round->lanes.size(); ++lane) {
    if (!round->lanes[lane].empty()) {
      ++round->running;
      tasks_.spawn(run_lane(round, lane));
    }
  }
  while (round->running > 0) {
    co_await lane_ended_.wait(net::Deadline::max());
  }
  if (round->open.empty()) {
    cursor_.next = round->next;
    round_end_ = 0;
    ahead_.clear();
    if (must_save_ || cursor_.next >= saved_next_ + kSaveEvery) {
      save();
    }
    const std::lock_guard lock(mutex_);
    figures_.next = cursor_.next;
  }
}

awaitable<void> Endpoint::run_lane(std::shared_ptr<Round> round, std::size_t lane) {
  while (!round->lanes[lane].empty() && !round->has_failed) {
    const bool is_taken = co_await send_next(round, lane);
    if (!is_taken) {
      break;
    }
  }
  --round->running;
  lane_ended_.set();
}

awaitable<bool> Endpoint::send_next(std::shared_ptr<Round> round, std::size_t lane) {
  const Batch batch = take_batch(*round, lane, webhook_->format);
  const Request request = co_await send(client_, webhook_, batch, around_.options(), around_.clock);
  if (is_stopping_ && !request.is_taken) {
    co_return false;  // it was we who ended it
  }
  note(request);
  if (request.is_taken) {
    taken(*round, batch);
  } else if (!std::exchange(round->has_failed, true)) {
    co_await failed(request);
  }
  co_return request.is_taken;
}

void Endpoint::taken(Round& round, const Batch& batch) {
  const bool was_first = *round.open.begin() == batch.events.front()->sequence;
  for (const EventPtr& event : batch.events) {
    round.open.erase(event->sequence);
    ahead_.insert(event->sequence);
  }
  if (was_first && progress_.failures > 0) {
    log::info("a webhook works again", {{"webhook", to_string(webhook_->id)}});
    progress_ = {};
    set_problem({});
  }
  cursor_.next = round.open.empty() ? round.next : *round.open.begin();
  ahead_.erase(ahead_.begin(), ahead_.lower_bound(cursor_.next));
  const std::lock_guard lock(mutex_);
  figures_.next = cursor_.next;
  figures_.events += batch.events.size();
  figures_.failing_since = progress_.failing_since;
}

awaitable<void> Endpoint::failed(const Request& request) {
  client_.close_idle();
  const Time now = around_.clock.now();
  if (progress_.failures == 0 || progress_.failing_since > now) {
    progress_.failing_since = now;
  }
  ++progress_.failures;
  if (webhook_->format == WebhookFormat::native && request.status == kGone) {
    co_await become(WebhookState::paused, webhook_->on_backup, "it answers 410 (Gone)");
    co_return;
  }
  const auto wait = next_try(webhook_->format, progress_.failures, now - progress_.failing_since,
                             random_number());
  if (wait) {
    due_ = around_.clock.steady_now() + *wait;
    set_problem(reason_of(request));
    co_return;
  }
  if (!webhook_->backup_url.empty() && !webhook_->on_backup) {
    co_await become(WebhookState::active, true,
                    "its URL is given up, and its backup URL is used: " + reason_of(request));
  } else {
    co_await become(WebhookState::suspended, webhook_->on_backup, reason_of(request));
  }
}

/// The endpoint as it is ends; its owner makes another one of what the directory then has.
awaitable<void> Endpoint::become(WebhookState state, bool on_backup, std::string why) {
  std::move_only_function<Result<Webhook>()> work = [&] {
    return around_.directory.change_webhook(webhook_->id, [&](Webhook& webhook) {
      webhook.state = state;
      webhook.on_backup = on_backup;
      webhook.why = why;
    });
  };
  const Result<Webhook> changed = co_await around_.blocking.run(std::move(work));
  if (!changed) {
    set_problem("its state can't be changed: " + changed.error().text());
    due_ = around_.clock.steady_now() + 30s;
    co_return;
  }
  has_ended_ = true;
  progress_ = {};
  if (saved_next_ != 0) {  // else it has not begun, and its cursor stays as it was found
    save();
  }
  around_.alarm(*changed, why);
  around_.changed();
}

awaitable<void> Endpoint::wait_until_due() {
  while (progress_.failures > 0 && around_.clock.steady_now() < due_) {
    const auto wait = around_.clock.real_wait(due_);
    co_await woken_.wait(wait ? net::within(*wait) : net::Deadline::max());
  }
}

/// Into the log, and into the step that moves the cursor.
void Endpoint::note(const Request& request) {
  write_request(unsaved_, webhook_->id, row_++, request);
  ++rows_since_trim_;
  {
    const std::lock_guard lock(mutex_);
    ++figures_.requests;
    figures_.failures += request.is_taken ? 0 : 1;
  }
  save();
}

void Endpoint::save() {
  must_save_ = true;
  if (is_saving_) {
    return;
  }
  // Behind what happens now: the cursor is moved after this.
  is_saving_ = true;
  boost::asio::post(around_.executor, [self = shared_from_this()] {
    if (self->is_stopping_) {
      return;  // stop() writes it, and whoever comes after that may have moved the cursor
    }
    self->must_save_ = false;
    if (self->is_time_to_trim()) {
      self->rows_since_trim_ = 0;
      self->trimmed_ = self->around_.clock.now();
      const Time oldest = self->trimmed_ - self->around_.options().log_for;
      if (const auto done =
              trim_requests(self->around_.store, self->unsaved_, self->webhook_->id, oldest);
          !done) {
        self->set_problem(done.error().text());
      }
    }
    self->write_state(self->unsaved_);
    self->saved_next_ = self->cursor_.next;
    self->around_.committer.note(std::exchange(self->unsaved_, {}),
                                 [weak = self->weak_from_this()](const Result<>& done) {
                                   const auto alive = weak.lock();
                                   if (!alive) {
                                     return;
                                   }
                                   alive->is_saving_ = false;
                                   if (!done) {
                                     alive->set_problem(done.error().text());
                                   }
                                   if (alive->must_save_ && !alive->is_stopping_) {
                                     alive->save();
                                   }
                                 });
  });
}

bool Endpoint::is_time_to_trim() const {
  return rows_since_trim_ >= kTrimEvery || around_.clock.now() - trimmed_ >= kTrimAfter;
}

void Endpoint::write_state(store::Step& step) const {
  events::write_cursor(step, cursor_name(webhook_->id), cursor_);
  write_progress(step, webhook_->id, progress_);
}

/// Logged when it begins, and when it becomes another one.
void Endpoint::set_problem(std::string problem) {
  {
    const std::lock_guard lock(mutex_);
    figures_.failing_since = progress_.failing_since;
    if (problem == figures_.problem) {
      return;
    }
    figures_.problem = problem;
  }
  if (!problem.empty()) {
    log::warning("a webhook does not get its events", {{"webhook", to_string(webhook_->id)},
                                                       {"url", without_password(webhook_->url)},
                                                       {"why", problem}});
  }
}

}  // namespace postrider::webhook
