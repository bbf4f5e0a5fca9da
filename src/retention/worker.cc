#include "retention/worker.h"

#include <algorithm>
#include <string>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "base/log.h"
#include "events/consumers.h"
#include "events/cursor.h"
#include "events/event_store.h"
#include "store/blocking_commit.h"
#include "webhook/records.h"
#include "webhook/webhooks.h"

namespace postrider::retention {
namespace {

constexpr int kNice = 19;
constexpr std::chrono::seconds kLook{10};
constexpr std::chrono::milliseconds kBetweenSteps{50};  // 40,000 events a second at most
constexpr std::string_view kWebhookCursors = "webhook:";

}  // namespace

Worker::Worker(Parts parts, Options options)
    : parts_(parts),
      trimmer_(
          {.clock = parts.clock,
           .store = parts.store,
           .directory = parts.directory,
           .commit = [this](store::Step step) { return commit(std::move(step)); },
           .readers = [this] { return readers(); },
           .lose = [this](const LogReader& reader, std::uint64_t first) { lose(reader, first); }}),
      options_(options) {}

Worker::~Worker() {
  stop();
}

void Worker::start() {
  thread_ = std::thread([this] { run(); });
}

void Worker::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Worker::set_options(const Options& options) {
  {
    const std::lock_guard lock(mutex_);
    options_ = options;
    is_called_ = true;
  }
  changed_.notify_all();
}

Options Worker::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void Worker::tick() {
  {
    const std::lock_guard lock(mutex_);
    is_called_ = true;
  }
  changed_.notify_all();
}

Figures Worker::figures() const {
  Figures figures;
  figures.first = trimmer_.first();
  figures.bytes = trimmer_.bytes();
  figures.trimmed = trimmer_.trimmed();
  const std::lock_guard lock(mutex_);
  figures.oldest = oldest_;
  figures.lost = lost_;
  figures.failures = failures_;
  return figures;
}

void Worker::run() {
  ::prctl(PR_SET_NAME, "retention");
  ::setpriority(PRIO_PROCESS, static_cast<id_t>(::gettid()), kNice);
  while (!is_stopping()) {
    const bool has_more = work();
    std::unique_lock lock(mutex_);
    if (has_more) {
      changed_.wait_for(lock, kBetweenSteps, [this] { return stopping_; });
    } else {
      changed_.wait_for(lock, kLook, [this] { return stopping_ || is_called_; });
      is_called_ = false;
    }
  }
}

std::unique_lock<std::mutex> Worker::hold() {
  return std::unique_lock(working_);
}

bool Worker::work() {
  const std::lock_guard working(working_);
  const Result<bool> has_more = step(options());
  if (!has_more && !is_stopping()) {
    const std::lock_guard lock(mutex_);
    if (failures_++ == 0) {
      log::error("old data can't be let go", {{"why", has_more.error().text()}});
    }
  }
  return has_more && *has_more;
}

Result<bool> Worker::step(const Options& options) {
  if (!parts_.store.takes_writes()) {
    return false;  // the disk is full, and erasing needs room, too
  }
  if (!is_open_) {
    TRY_VOID(trimmer_.open());
    is_open_ = true;
  }
  TRY(const bool has_more, trimmer_.step(options));
  if (has_more) {
    return true;
  }
  look_at_oldest();
  return sweep(options);
}

Result<bool> Worker::sweep(const Options& options) {
  const Time now = parts_.clock.now();
  const auto today = std::chrono::floor<std::chrono::days>(now);
  if (!sweep_) {
    if (swept_ == today) {
      return false;
    }
    store::Step step;
    TRY_VOID(parts_.content.expire(step, now));
    if (!step.empty()) {
      TRY_VOID(commit(std::move(step)));
      TRY_VOID(parts_.store.compact(store::Table::content, {}));
    }
    const Figures now_there = figures();
    sweep_.emplace(
        Sweep::Parts{.store = parts_.store,
                     .directory = parts_.directory,
                     .commit = [this](store::Step erased) { return commit(std::move(erased)); }},
        options, now, Sweep::Oldest{.sequence = now_there.first, .time = now_there.oldest},
        parts_.webhooks.options().log_for);
    swept_ = today;
  }
  TRY(const bool has_more, sweep_->step());
  if (!has_more) {
    sweep_.reset();
  }
  return has_more;
}

void Worker::look_at_oldest() {
  const auto events = events::make_event_store(parts_.store);
  const Result<events::Page> page = events->read(trimmer_.first(), 1);
  const std::lock_guard lock(mutex_);
  oldest_ = page && !page->events.empty() ? page->events.front().time : Time();
}

Result<> Worker::commit(store::Step step) {
  return store::commit_and_wait(parts_.store, parts_.mailbox, std::move(step), store::Urgency::note,
                                [this] { return is_stopping(); });
}

Result<std::vector<LogReader>> Worker::readers() const {
  std::vector<LogReader> all;
  for (const events::ConsumerFigures& one : parts_.consumers.figures()) {
    all.push_back({.name = one.name, .next = one.next});
  }
  TRY(const auto cursors, events::read_cursors(parts_.store));
  const auto snapshot = parts_.directory.snapshot();
  for (const auto& [name, cursor] : cursors) {
    if (!name.starts_with(kWebhookCursors)) {
      continue;
    }
    const auto id = parse_id<WebhookId>(name.substr(kWebhookCursors.size()));
    const auto endpoint = id ? snapshot->webhook(*id) : nullptr;
    if (endpoint != nullptr) {
      all.push_back({.name = name,
                     .next = cursor.next,
                     .is_served = endpoint->state == directory::WebhookState::active});
    }
  }
  return all;
}

void Worker::lose(const LogReader& reader, std::uint64_t first) {
  const std::uint64_t lost = first - reader.next;
  {
    const std::lock_guard lock(mutex_);
    lost_ += lost;
  }
  if (!reader.name.starts_with(kWebhookCursors)) {
    parts_.consumers.log_begins_at(first);
    return;
  }
  const auto id = parse_id<WebhookId>(reader.name.substr(kWebhookCursors.size()));
  const auto endpoint = id ? parts_.directory.snapshot()->webhook(*id) : nullptr;
  if (endpoint == nullptr) {
    return;
  }
  log::error("a webhook has lost events", {{"webhook", to_string(*id)},
                                           {"count", std::to_string(lost)},
                                           {"goes_on_at", std::to_string(first)}});
  events::Event event;
  event.type = events::Type::operational;
  event.time = parts_.clock.now();
  event.account = endpoint->account;
  event.what = "webhook_lost";
  event.detail = "webhook " + to_string(*id) + " has lost " + std::to_string(lost) +
                 " events, which went before it had taken them";
  store::Step step;
  events::make_event_store(parts_.store)->append(step, event);
  if (commit(std::move(step))) {
    parts_.webhooks.replay(*id, first);
  }
}

bool Worker::is_stopping() const {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

}  // namespace postrider::retention
