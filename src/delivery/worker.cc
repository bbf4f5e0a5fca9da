#include "delivery/worker.h"

#include <algorithm>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/random.h"
#include "delivery/dispatcher.h"
#include "delivery/disposition.h"
#include "delivery/judgement.h"

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds kSweepEvery{20};  // ready queues, for what has expired

/// Before there was Postrider: told by a clock that had not been set (a machine that has none of
/// its own starts in 1970). It says nothing of how long somebody has waited.
constexpr Time kFirstTime = std::chrono::sys_days(std::chrono::year(2026) / 1 / 1);

}  // namespace

Worker::Worker(std::size_t index, const Services& services, Dispatcher& dispatcher)
    : index_(index),
      services_(services),
      dispatcher_(dispatcher),
      context_(services.threads.context(index)),
      tasks_(context_.get_executor(), "delivery"),
      schedule_(context_, services.clock,
                [this](queue::Waiting waiting) { place(std::move(waiting)); }),
      held_(*services.directory.snapshot()),
      destinations_(services.directory) {
  tasks_.spawn(sweep_now_and_then());
}

Worker::~Worker() = default;

void Worker::add(queue::Waiting waiting) {
  if (waiting.due <= services_.clock.steady_now()) {
    place(std::move(waiting));
    return;
  }
  schedule_.add(std::move(waiting));
}

void Worker::add_recovered(queue::Waiting waiting) {
  const Time now = services_.clock.steady_now();
  const Duration longest = longest_wait(waiting, options_->retry_policy(waiting.domain));
  const bool is_known = waiting.accepted >= kFirstTime || services_.clock.now() < kFirstTime;
  waiting.accepted = is_known ? std::min(services_.clock.to_steady(waiting.accepted), now) : now;
  waiting.due = std::min(services_.clock.to_steady(waiting.due), now + longest);
  if (waiting.attempts == 0) {
    add(std::move(waiting));
    return;
  }
  schedule_.add(std::move(waiting));
}

void Worker::place(queue::Waiting waiting) {
  if (stopping_) {
    return;  // it is in the spool
  }
  if (is_expired(waiting, services_.clock.steady_now())) {
    expire(std::move(waiting));
    return;
  }
  if (held_.holds(waiting)) {
    held_.add(std::move(waiting));
    return;
  }
  if (const DestinationPtr destination = destinations_.find(*options_, waiting)) {
    dispatcher_.send_to_site(index_, destination, std::move(waiting));
    return;
  }
  const std::string domain = waiting.domain;
  const auto [entry, is_new] = looking_up_.try_emplace(domain);
  entry->second.push_back(std::move(waiting));
  if (is_new) {
    tasks_.spawn(look_up(domain));
  }
}

awaitable<void> Worker::look_up(std::string domain) {
  const auto options = options_;
  const auto found =
      co_await dns::find_mail_hosts(services_.resolver, domain, options->mx, random_number());
  if (!found) {
    look_up_failed(domain, found.error());
    co_return;
  }
  if (options != options_) {
    // The answer holds, and what the new options make of it is another matter.
    auto waited = looking_up_.extract(domain);
    for (queue::Waiting& waiting : waited.mapped()) {
      place(std::move(waiting));
    }
    co_return;
  }
  const auto destination = destination_by_mx(*options, domain, *found);
  destinations_.add_found(domain, destination);
  auto waited = looking_up_.extract(domain);
  for (queue::Waiting& waiting : waited.mapped()) {
    dispatcher_.send_to_site(index_, destination, std::move(waiting));
  }
}

void Worker::look_up_failed(const std::string& domain, const dns::MxFailure& failure) {
  auto peer = std::make_shared<Peer>();
  peer->site = domain;
  auto waited = looking_up_.extract(domain);
  for (queue::Waiting& waiting : waited.mapped()) {
    record({.waiting = std::move(waiting),
            .message = nullptr,
            .peer = peer,
            .reply = {.enhanced = status_of(failure.why), .text = failure.text},
            .is_final = failure.is_final()});
  }
}

void Worker::add_to_site(const DestinationPtr& destination, queue::Waiting waiting) {
  if (stopping_) {
    return;  // it is in the spool
  }
  if (held_.holds(waiting)) {
    held_.add(std::move(waiting));
    return;
  }
  std::shared_ptr<Site>& site = sites_[destination->site];
  if (!site) {
    site = std::make_shared<Site>(
        destination, services_, [this] { return options_; }, tasks_, context_,
        [this](Attempt attempt) { record(std::move(attempt)); });
  } else if (site->destination() != destination) {
    site->set_destination(destination);
  }
  site->add(std::move(waiting));
}

void Worker::record(Attempt attempt) {
  const queue::Waiting kept = attempt.waiting;
  const std::shared_ptr<const Peer> peer = attempt.peer;
  std::optional<queue::Waiting> again;
  try {
    again = services_.recorder.record(index_, std::move(attempt));
  } catch (const std::exception& defect) {
    again = services_.recorder.record(index_, {.waiting = kept,
                                               .message = nullptr,
                                               .peer = peer,
                                               .reply = {.enhanced = {}, .text = defect.what()},
                                               .is_defect = true});
  }
  if (again) {
    add(*std::move(again));
  }
}

bool Worker::is_expired(const queue::Waiting& waiting, Time now) const {
  return now >= options_->retry_policy(waiting.domain).expires(waiting.accepted);
}

void Worker::expire(queue::Waiting waiting) {
  auto peer = std::make_shared<Peer>();
  peer->site = waiting.domain;
  const bool is_held = held_.holds(waiting);
  std::string text = is_held ? "the account's bulk mail was paused to the end of its schedule"
                             : "the message waited to the end of its schedule";
  record({.waiting = std::move(waiting),
          .message = nullptr,
          .peer = std::move(peer),
          .reply = {.enhanced = std::string(is_held ? kExpiredHeld : kExpiredWaiting),
                    .text = std::move(text)}});
}

void Worker::tick() {
  sweep();
  schedule_.tick();
}

void Worker::sweep() {
  const Time now = services_.clock.steady_now();
  for (queue::Waiting& waiting :
       held_.take([&](const queue::Waiting& held) { return is_expired(held, now); })) {
    expire(std::move(waiting));
  }
  for (auto it = sites_.begin(); it != sites_.end();) {
    Site& site = *it->second;
    site.sweep([&](const queue::Waiting& waiting) { return is_expired(waiting, now); },
               [&](queue::Waiting waiting) { expire(std::move(waiting)); });
    it = site.is_idle() ? sites_.erase(it) : std::next(it);
  }
}

void Worker::look_at_pauses() {
  const Time now = services_.clock.steady_now();
  for (queue::Waiting& waiting : held_.look_at(*services_.directory.snapshot())) {
    waiting.due = now;
    schedule_.add(std::move(waiting));
  }
  for (auto& [name, site] : sites_) {
    site->sweep([this](const queue::Waiting& waiting) { return held_.holds(waiting); },
                [this](queue::Waiting waiting) { held_.add(std::move(waiting)); });
  }
  schedule_.take_due();
}

awaitable<void> Worker::sweep_now_and_then() {
  asio::steady_timer timer(context_);
  while (!stopping_) {
    timer.expires_after(kSweepEvery);
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) {
      co_return;
    }
    sweep();
  }
}

void Worker::set_options(std::shared_ptr<const Options> options) {
  const bool is_first = options_ == nullptr;
  options_ = std::move(options);
  if (is_first) {
    return;
  }
  destinations_.clear();
  // What is ready goes where the new options send it.
  for (auto& [name, site] : sites_) {
    site->sweep([](const queue::Waiting&) { return true; },
                [this](queue::Waiting waiting) { place(std::move(waiting)); });
  }
}

void Worker::for_each(
    const std::function<void(const queue::Waiting&, const std::string&, bool)>& look) const {
  schedule_.queue().for_each([&](const queue::Waiting& waiting) { look(waiting, "", false); });
  for (const queue::Waiting& held : held_.all()) {
    look(held, "", true);
  }
  for (const auto& [domain, waiting] : looking_up_) {
    for (const queue::Waiting& one : waiting) {
      look(one, "", false);
    }
  }
  for (const auto& [name, site] : sites_) {
    for (const queue::Waiting& one : site->ready().line()) {
      look(one, name, false);
    }
  }
}

WorkerFigures Worker::figures() const {
  WorkerFigures figures;
  figures.scheduled = schedule_.queue().size();
  figures.held = held_.all().size();
  for (const auto& [domain, waiting] : looking_up_) {
    figures.looking_up += waiting.size();
  }
  for (const auto& [name, site] : sites_) {
    figures.sites.push_back(site->figures());
  }
  return figures;
}

std::size_t Worker::hurry(const std::string& domain) {
  std::size_t count = 0;
  const Time now = services_.clock.steady_now();
  std::vector<queue::Waiting> hurried;
  for (queue::Waiting& waiting : schedule_.take_all()) {
    if (domain.empty() || waiting.domain == domain) {
      waiting.due = now;
      ++count;
      hurried.push_back(std::move(waiting));
    } else {
      schedule_.add(std::move(waiting));
    }
  }
  for (queue::Waiting& waiting : hurried) {
    place(std::move(waiting));
  }
  return count;
}

std::vector<RecipientId> Worker::withdraw(const std::set<RecipientId>& recipients) {
  std::vector<RecipientId> taken;
  const auto is_wanted = [&](const queue::Waiting& waiting) {
    return recipients.contains(waiting.recipient());
  };
  for (queue::Waiting& waiting : schedule_.take_all()) {
    if (is_wanted(waiting)) {
      taken.push_back(waiting.recipient());
    } else {
      schedule_.add(std::move(waiting));
    }
  }
  for (const queue::Waiting& waiting : held_.take(is_wanted)) {
    taken.push_back(waiting.recipient());
  }
  for (auto& [domain, waiting] : looking_up_) {
    std::erase_if(waiting, [&](const queue::Waiting& one) {
      if (is_wanted(one)) {
        taken.push_back(one.recipient());
      }
      return is_wanted(one);
    });
  }
  for (auto& [name, site] : sites_) {
    site->sweep(is_wanted,
                [&](const queue::Waiting& waiting) { taken.push_back(waiting.recipient()); });
  }
  return taken;
}

awaitable<void> Worker::stop(std::chrono::milliseconds limit) {
  stopping_ = true;
  schedule_.stop();
  for (const auto& [name, site] : sites_) {
    site->stop();
  }
  asio::steady_timer patience(context_, limit);
  patience.async_wait([this](boost::system::error_code cancelled) {
    if (!cancelled) {
      tasks_.cancel();
    }
  });
  // The sweeper and look-ups have nothing to finish: only connections are worth the wait.
  while (std::ranges::any_of(
      sites_, [](const auto& entry) { return entry.second->figures().connections > 0; })) {
    asio::steady_timer moment(context_, std::chrono::milliseconds(10));
    co_await moment.async_wait(asio::as_tuple(asio::use_awaitable));
  }
  patience.cancel();
  tasks_.cancel();
  co_await tasks_.join();
  sites_.clear();
}

}  // namespace postrider::delivery
