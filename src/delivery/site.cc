#include "delivery/site.h"

#include <algorithm>
#include <utility>

#include <boost/asio/io_context.hpp>

#include "base/random.h"
#include "delivery/connection.h"

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kOpenPause{10};  // after a host refused one more connection
constexpr std::chrono::seconds kFullPause{1};   // until we look again for room on our disk
constexpr double kBurst = 1;                    // tokens that a quiet site gathers

/// Counts a connection for as long as its coroutine lives, also where it ends by an exception.
class Counted {
 public:
  explicit Counted(std::size_t& count) : count_(count) {}
  ~Counted() { --count_; }
  Counted(const Counted&) = delete;
  Counted& operator=(const Counted&) = delete;

 private:
  std::size_t& count_;
};

}  // namespace

/// A try for a connection, from its start to its outcome, however it ends.
class Site::Opening {
 public:
  explicit Opening(Site& site) : site_(site), number_(++site.openings_), added_(site.added_) {
    site_.opening_.insert(number_);
  }
  ~Opening() { end(); }
  Opening(const Opening&) = delete;
  Opening& operator=(const Opening&) = delete;

  void end() { site_.opening_.erase(number_); }
  bool is_oldest() const { return *site_.opening_.begin() == number_; }
  /// How many of those that are ready now were there when it began.
  std::size_t ready_since() const {
    return site_.ready_.size() - std::min(site_.ready_.size(), site_.added_ - added_);
  }

 private:
  Site& site_;
  std::uint64_t number_;
  std::size_t added_;
};

Site::Site(DestinationPtr destination, const Services& services,
           std::function<std::shared_ptr<const Options>()> options, net::TaskGroup& tasks,
           asio::io_context& context, Record record)
    : destination_(std::move(destination)),
      services_(services),
      options_(std::move(options)),
      tasks_(tasks),
      context_(context),
      record_(std::move(record)),
      tokens_at_(Steady::now()),
      timer_(context) {}

void Site::add(queue::Waiting waiting) {
  ready_.add(std::move(waiting));
  ++added_;
  pump();
}

void Site::put_back(std::vector<queue::Waiting> waiting) {
  for (auto it = waiting.rbegin(); it != waiting.rend(); ++it) {
    ready_.put_back(std::move(*it));
  }
  pump();
}

/// Wakes an idle connection, or opens one more where the open ones have a backlog.
void Site::pump() {
  if (ready_.empty() || stopping_) {
    return;
  }
  if (!services_.recorder.can_record()) {
    pump_later(Steady::now() + kFullPause);
    return;
  }
  if (!idle_.empty()) {
    net::Event* waiting = idle_.back();
    idle_.pop_back();
    waiting->set();
    return;
  }
  if (connections_ >= destination_->limits.connections ||
      (connections_ > 0 && ready_.size() <= connections_)) {
    return;
  }
  if (const auto now = Steady::now(); connections_ > 0 && now < open_not_before_) {
    pump_later(open_not_before_);
    return;
  }
  if (!has_token()) {
    return;  // a connection that may not send yet would idle and end, again and again
  }
  ++connections_;
  tasks_.spawn(run_connection(shared_from_this()));
}

awaitable<void> Site::run_connection(std::shared_ptr<Site> self) {
  {
    const Counted counted(self->connections_);
    Opening opening(*self);
    const auto options = self->options_();
    auto connected =
        co_await connect_to_site(self->destination_, *options, self->services_.resolver,
                                 self->services_.tls, self->troubled_, random_number());
    if (connected) {
      opening.end();
      self->trouble_.clear();
      self->pump();  // the backlog may be worth another one by now
      co_await run_connection_to_its_end(*self, *std::move(connected), options);
    } else {
      self->refused(connected.error(), opening);
    }
  }
  self->pump();
}

/// Where no connection is left, and none that was tried before this one may still come: what has
/// waited for all of this one's time has had its attempt.
void Site::refused(const Refusal& refusal, const Opening& opening) {
  open_not_before_ = Steady::now() + kOpenPause;
  trouble_ = smtp::to_string(refusal.reply);
  if (is_connected() || !opening.is_oldest()) {
    return;  // the others go on; this one was one too many
  }
  if (stopping_) {
    return;  // it may be that we broke it off ourselves: no attempt, and all is in the spool
  }
  for (std::size_t left = opening.ready_since(); left > 0; --left) {
    record_({.waiting = *ready_.take(),
             .message = nullptr,
             .peer = refusal.peer,
             .reply = refusal.reply,
             .is_final = refusal.is_final,
             .is_timeout = refusal.is_timeout,
             .is_of_connection = true});
  }
}

std::vector<queue::Waiting> Site::take(std::uint32_t recipients_max) {
  std::vector<queue::Waiting> taken;
  if (stopping_ || ready_.empty() || !services_.recorder.can_record() || !has_token()) {
    return taken;
  }
  tokens_ -= destination_->limits.messages_per_second > 0 ? 1 : 0;
  taken.push_back(*ready_.take());
  const bool may_share =
      recipients_max > 1 && taken.front().count > 1 && !taken.front().has_own_copy;
  if (may_share) {
    const auto snapshot = services_.directory.snapshot();
    const directory::Account* account = snapshot->account(taken.front().account);
    while (account != nullptr && !account->own_return_paths && !ready_.empty() &&
           taken.size() < recipients_max &&
           ready_.line().front().message == taken.front().message) {
      taken.push_back(*ready_.take());
    }
  }
  return taken;
}

/// Whether the rate lets a message go now. If it doesn't, pump() comes back when it does.
bool Site::has_token() {
  const double rate = destination_->limits.messages_per_second;
  if (rate <= 0) {
    return true;
  }
  const auto now = Steady::now();
  const std::chrono::duration<double> passed = now - tokens_at_;
  tokens_ = std::min(std::max(kBurst, rate / 10), tokens_ + passed.count() * rate);
  tokens_at_ = now;
  if (tokens_ >= 1) {
    return true;
  }
  const std::chrono::duration<double> wait((1 - tokens_) / rate);
  pump_later(now + std::chrono::ceil<std::chrono::milliseconds>(wait));
  return false;
}

void Site::pump_later(Steady::time_point when) {
  if (timer_is_set_ && timer_.expiry() <= when) {
    return;
  }
  timer_is_set_ = true;
  timer_.expires_at(when);
  timer_.async_wait([weak = weak_from_this()](boost::system::error_code cancelled) {
    if (const auto self = weak.lock(); self && !cancelled) {
      self->timer_is_set_ = false;
      self->pump();
    }
  });
}

awaitable<void> Site::wait_for_work(std::chrono::milliseconds limit) {
  net::Event wanted(context_.get_executor());
  idle_.push_back(&wanted);
  if (stopping_) {
    idle_.pop_back();
    co_return;
  }
  co_await wanted.wait(net::within(limit));
  std::erase(idle_, &wanted);
}

void Site::sweep(const std::function<bool(const queue::Waiting&)>& is_expired,
                 const std::function<void(queue::Waiting)>& expired) {
  if (std::ranges::none_of(ready_.line(), is_expired)) {
    return;
  }
  for (queue::Waiting& waiting : ready_.take_all()) {
    if (is_expired(waiting)) {
      expired(std::move(waiting));
    } else {
      ready_.add(std::move(waiting));
    }
  }
}

bool Site::is_idle() {
  const double rate = destination_->limits.messages_per_second;
  const std::chrono::duration<double> passed = Steady::now() - tokens_at_;
  const bool owes_nothing = rate <= 0 || tokens_ + passed.count() * rate >= 1;
  return ready_.empty() && connections_ == 0 && owes_nothing && troubled_.count() < kTriesMost;
}

void Site::stop() {
  stopping_ = true;
  timer_.cancel();
  for (net::Event* idle : std::exchange(idle_, {})) {
    idle->set();
  }
}

SiteFigures Site::figures() const {
  return {.site = destination_->site,
          .ready = ready_.size(),
          .connections = connections_,
          .connections_max = destination_->limits.connections,
          .trouble = is_connected() ? "" : trouble_};
}

}  // namespace postrider::delivery
