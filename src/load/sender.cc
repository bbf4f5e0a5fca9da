#include "load/sender.h"

#include <algorithm>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "load/open_session.h"

namespace postrider::load {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

namespace {

constexpr auto kShortestPause = 10ms;  // between tries to connect
constexpr auto kLongestPause = 250ms;
constexpr auto kLongestSleep = 200ms;  // until it is noticed that the load has been stopped

bool has_seen_nothing(const smtp::TransactionResult& result) {
  return result.broken && result.progress == smtp::Progress::nothing;
}

}  // namespace

Sender::Sender(Job& job, Figures& figures)
    : job_(job), figures_(figures), messages_(job.options, job.run, job.body, job.date) {}

bool Sender::is_over() const {
  return job_.tickets.is_stopped() || (job_.end && Steady::now() >= *job_.end);
}

/// Takes one if it has none. False: there is nothing to send.
bool Sender::has_ticket() {
  if (gave_up_ || is_over()) {
    return false;
  }
  if (!ticket_) {
    ticket_ = job_.tickets.take();
  }
  return ticket_ && (!job_.end || job_.pace.due(*ticket_) < *job_.end);
}

awaitable<void> Sender::run() {
  while (has_ticket()) {
    std::optional<smtp::Client> client = co_await connect();
    if (!client) {
      break;
    }
    ++figures_.connections;
    co_await send_over(*client);
  }
  if (ticket_) {
    job_.tickets.give_back(*ticket_);
  }
  figures_.gave_up += gave_up_ ? 1 : 0;
}

/// Nothing: the load is over, or it gave up.
awaitable<std::optional<smtp::Client>> Sender::connect() {
  auto wait = kShortestPause;
  while (!is_over()) {
    Opened opened = co_await open_session(job_.options, job_.tls);
    if (opened.client) {
      co_return std::move(opened.client);
    }
    note_trouble(*opened.error);
    if (opened.is_final) {
      gave_up_ = true;
      job_.tickets.stop();
    }
    if (gave_up_) {
      break;
    }
    co_await pause(Steady::now() + wait);
    wait = std::min(wait * 2, decltype(wait)(kLongestPause));
  }
  co_return std::nullopt;
}

void Sender::note_trouble(const Error& error) {
  const auto now = Steady::now();
  ++figures_.connection_errors;
  figures_.trouble = error.text();
  if (!troubled_since_) {
    troubled_since_ = now;
  }
  gave_up_ = now - *troubled_since_ >= job_.options.give_up;
}

/// As many messages as this connection carries.
awaitable<void> Sender::send_over(smtp::Client& client) {
  const std::uint32_t most = job_.options.per_connection;
  for (std::uint32_t sent = 0; (most == 0 || sent < most) && has_ticket(); ++sent) {
    co_await pause(job_.pace.due(*ticket_));
    if (is_over()) {
      break;
    }
    const smtp::TransactionResult result = co_await send(client);
    if (result.broken) {
      note_trouble(*result.broken);
    }
    if (result.broken || result.closing) {
      co_await pause(Steady::now() + kShortestPause);
      co_return;
    }
  }
  co_await client.quit();
}

awaitable<smtp::TransactionResult> Sender::send(smtp::Client& client) {
  const auto lateness = job_.pace.lateness(*ticket_, Steady::now());
  const smtp::Outgoing message = messages_.make(*ticket_);
  smtp::TransactionResult result = co_await client.transact(message, nullptr, 0);
  if (!has_seen_nothing(result)) {
    figures_.latest = std::max(figures_.latest, lateness);
    record(result);
    ticket_.reset();
  }
  co_return result;
}

void Sender::record(const smtp::TransactionResult& result) {
  const LoadMessage ids = messages_.ids(*ticket_);
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  std::uint64_t accepted = 0;
  std::uint64_t unanswered = 0;
  lines_.clear();
  for (std::uint32_t i = 0; i < ids.count; ++i) {
    const Answered answered{.id = {.run = ids.run, .number = ids.first + i},
                            .at = now,
                            .code = result.recipients[i].code};
    accepted += answered.is_accepted() ? 1 : 0;
    unanswered += answered.code == 0 ? 1 : 0;
    if (job_.log != nullptr) {
      append_line(lines_, answered);
    }
  }
  if (job_.log != nullptr) {
    job_.log->append(lines_);
  }
  ++figures_.messages;
  figures_.messages_accepted += accepted > 0 ? 1 : 0;
  figures_.accepted += accepted;
  figures_.unanswered += unanswered;
  figures_.refused += ids.count - accepted - unanswered;
  if (unanswered == 0) {
    troubled_since_.reset();
  }
  if (result.took > 0us && unanswered == 0) {
    figures_.latencies.add(result.took);
  }
  job_.tickets.settle(accepted > 0);
}

/// In short sleeps, because nobody wakes it when the load is stopped.
awaitable<void> Sender::pause(Pace::Time until) {
  if (Steady::now() >= until) {
    co_return;
  }
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (auto now = Steady::now(); now < until && !is_over(); now = Steady::now()) {
    timer.expires_at(std::min(until, now + kLongestSleep));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

}  // namespace postrider::load
