#include "links/hit_recorder.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <sys/prctl.h>
#include <unordered_map>
#include <utility>

#include "base/log.h"
#include "net/io_threads.h"
#include "store/store.h"

namespace postrider::links {
namespace {

constexpr std::size_t kStepHits = 500;
constexpr std::size_t kUncommittedMax = 4 * kStepHits;
// A wake-up for each hit cost 5 us of the 30 that a redirect took on one core (bench/links).
constexpr std::chrono::milliseconds kGathering{2};

}  // namespace

struct HitRecorder::Queue {
  explicit Queue(std::size_t most) : waiting_max(most) {}

  /// Empty: it is to end, and there are none left.
  std::vector<Hit> next() {
    std::unique_lock lock(mutex);
    changed.wait(lock, [this] {
      return is_stopping || (!waiting.empty() && uncommitted < kUncommittedMax);
    });
    changed.wait_for(lock, kGathering, [this] { return is_stopping || is_step_full(); });
    const auto count = static_cast<std::ptrdiff_t>(std::min(waiting.size(), kStepHits));
    const auto end = waiting.begin() + count;
    std::vector<Hit> hits(std::make_move_iterator(waiting.begin()), std::make_move_iterator(end));
    waiting.erase(waiting.begin(), end);
    return hits;
  }

  bool is_step_full() const { return waiting.size() >= std::min(kStepHits, waiting_max); }

  void add_uncommitted(std::ptrdiff_t count) {
    {
      const std::lock_guard lock(mutex);
      uncommitted += static_cast<std::size_t>(count);
    }
    changed.notify_all();
  }

  const std::size_t waiting_max;
  std::mutex mutex;  // guards what follows
  std::condition_variable changed;
  std::deque<Hit> waiting;
  std::size_t uncommitted = 0;  // in steps that the store has
  bool is_stopping = false;
};

/// What hits of one step belong to: they often share a message, and a reader's come together.
struct HitRecorder::Known {
  explicit Known(const Parts& p) : parts(p) {}

  const Result<std::optional<TrackedMessage>>& message(MessageId id) {
    const auto found = messages.find(id.value);
    return found != messages.end() ? found->second
                                   : messages.emplace(id.value, parts.links.read(id)).first->second;
  }

  /// The recipient's first event; null: the log has none.
  Result<const events::Event*> accepted(RecipientId id) {
    auto found = first.find(id.value);
    if (found == first.end()) {
      TRY(events::Page page, parts.events.first_about(id, 1));
      found = first.emplace(id.value, std::move(page.events)).first;
    }
    return found->second.empty() ? nullptr : &found->second.front();
  }

  const Parts& parts;
  std::unordered_map<std::uint64_t, Result<std::optional<TrackedMessage>>> messages;
  std::unordered_map<std::uint64_t, std::vector<events::Event>> first;
};

HitRecorder::HitRecorder(const Parts& parts, std::size_t waiting_max)
    : parts_(parts), queue_(std::make_shared<Queue>(waiting_max)) {}

HitRecorder::~HitRecorder() {
  stop();
}

void HitRecorder::start() {
  thread_ = std::thread([this] { run(); });
}

void HitRecorder::stop() {
  {
    const std::lock_guard lock(queue_->mutex);
    queue_->is_stopping = true;
  }
  queue_->changed.notify_all();
  if (thread_.joinable()) {
    thread_.join();
  }
}

bool HitRecorder::take(Hit& hit) {
  {
    const std::lock_guard lock(queue_->mutex);
    if (queue_->waiting.size() >= queue_->waiting_max) {
      return false;
    }
    queue_->waiting.push_back(std::move(hit));
    if (queue_->waiting.size() > 1 && !queue_->is_step_full()) {
      return true;  // the thread is on its way to what stands in front
    }
  }
  queue_->changed.notify_all();
  return true;
}

std::size_t HitRecorder::waiting() const {
  const std::lock_guard lock(queue_->mutex);
  return queue_->waiting.size();
}

Result<store::Step> HitRecorder::step_of(const Hit& hit) const {
  store::Step step;
  Known known(parts_);
  TRY_VOID(append(step, hit, known));
  return step;
}

void HitRecorder::run() {
  ::prctl(PR_SET_NAME, "hits");
  while (true) {
    const std::vector<Hit> hits = queue_->next();
    if (hits.empty()) {
      return;
    }
    store::Step step;
    Known known(parts_);
    for (const Hit& hit : hits) {
      if (const Result<> done = append(step, hit, known); !done) {
        log::error("an open or click could not be recorded",
                   {{"message", to_string(hit.token.message)}, {"why", done.error().text()}});
      }
    }
    submit(std::move(step));
  }
}

Result<> HitRecorder::append(store::Step& step, const Hit& hit, Known& known) const {
  const Result<std::optional<TrackedMessage>>& read = known.message(hit.token.message);
  const bool is_there = read && *read && (*read)->account == hit.token.account;
  if (!is_there && hit.type != events::Type::unsubscribed) {
    return read ? Result<>() : fail(read.error());
  }
  TrackedMessage unknown;
  unknown.account = hit.token.account;  // the wish outlives the links
  const TrackedMessage& message = is_there ? **read : unknown;
  const events::Event* accepted = nullptr;
  if (hit.token.recipient != track::kNobody) {  // whose id is that of another message's recipient
    TRY(accepted, known.accepted(recipient_of(hit.token.message, hit.token.recipient)));
  }
  const ReaderFacts facts = facts_of(hit, message);
  if (const auto event = event_of(hit, message, accepted, parts_.address_kept, facts)) {
    parts_.events.append(step, *event);
  }
  return {};
}

ReaderFacts HitRecorder::facts_of(const Hit& hit, const TrackedMessage& message) const {
  ReaderFacts facts;
  const auto readers = parts_.readers ? parts_.readers() : nullptr;
  if (readers == nullptr || privacy_of(hit, message) < Privacy::identified) {
    return facts;
  }
  facts.client = readers->client_of(hit.user_agent);
  facts.country = readers->country_of(hit.address);
  facts.origin = readers->origin_of(hit.address);
  return facts;
}

void HitRecorder::submit(store::Step step) {
  const auto count = static_cast<std::ptrdiff_t>(step.records().size());
  if (count == 0) {
    return;
  }
  queue_->add_uncommitted(count);
  std::vector<store::Store::Request> requests;
  requests.push_back(
      {.step = std::move(step),
       .urgency = store::Urgency::note,
       .completed = [queue = queue_,
                     count](const Result<>& /*done*/) { queue->add_uncommitted(-count); },
       .reply_to = &parts_.mailbox});
  parts_.store.submit(requests);
}

}  // namespace postrider::links
