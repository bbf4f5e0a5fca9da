#include "delivery/dispatcher.h"

#include <functional>
#include <iterator>
#include <utility>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace postrider::delivery {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

awaitable<void> stop_there(asio::io_context& context, Worker& worker,
                           std::chrono::milliseconds limit) {
  co_await asio::co_spawn(context, worker.stop(limit), asio::use_awaitable);
}

}  // namespace

Dispatcher::Dispatcher(const Services& services, std::shared_ptr<const Options> options)
    : services_(services) {
  for (std::size_t i = 0; i < services.threads.count(); ++i) {
    workers_.push_back(std::make_unique<Worker>(i, services, *this));
    workers_.back()->set_options(options);
  }
}

Dispatcher::~Dispatcher() = default;

void Dispatcher::add(queue::Waiting waiting) {
  waiting.accepted = services_.clock.to_steady(waiting.accepted);
  waiting.due = services_.clock.to_steady(waiting.due);
  workers_[net::IoThreads::current()]->add(std::move(waiting));
}

void Dispatcher::add_recovered(queue::Waiting waiting) {
  const std::size_t index = std::hash<std::string>()(waiting.domain) % workers_.size();
  workers_[index]->add_recovered(std::move(waiting));
}

void Dispatcher::send_to_site(std::size_t from, const DestinationPtr& destination,
                              queue::Waiting waiting) {
  const std::size_t owner = std::hash<std::string>()(destination->site) % workers_.size();
  if (owner == from) {
    workers_[owner]->add_to_site(destination, std::move(waiting));
    return;
  }
  services_.threads.mailbox(owner).post(
      [worker = workers_[owner].get(), destination, waiting = std::move(waiting)]() mutable {
        worker->add_to_site(destination, std::move(waiting));
      });
}

void Dispatcher::set_options(std::shared_ptr<const Options> options) {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    services_.threads.mailbox(i).post(
        [worker = workers_[i].get(), options] { worker->set_options(options); });
  }
}

void Dispatcher::tick() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    services_.threads.mailbox(i).post([worker = workers_[i].get()] { worker->tick(); });
  }
}

void Dispatcher::look_at_pauses() {
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    services_.threads.mailbox(i).post([worker = workers_[i].get()] { worker->look_at_pauses(); });
  }
}

template <class T>
awaitable<std::vector<T>> Dispatcher::ask_all(std::function<T(Worker&)> question) {
  std::vector<T> answers;
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    const auto there = services_.threads.context(i).get_executor();
    co_await asio::post(asio::bind_executor(there, asio::use_awaitable));
    answers.push_back(question(*workers_[i]));
    co_await asio::post(asio::use_awaitable);
  }
  co_return answers;
}

awaitable<WorkerFigures> Dispatcher::figures() {
  const auto all = co_await ask_all<WorkerFigures>([](Worker& worker) { return worker.figures(); });
  WorkerFigures sum;
  for (const WorkerFigures& one : all) {
    sum.sites.insert(sum.sites.end(), one.sites.begin(), one.sites.end());
    sum.scheduled += one.scheduled;
    sum.looking_up += one.looking_up;
    sum.held += one.held;
  }
  co_return sum;
}

awaitable<std::vector<QueueEntry>> Dispatcher::entries(std::size_t limit) {
  const Duration to_wall = services_.clock.to_wall(Time()) - Time();
  const auto all = co_await ask_all<std::vector<QueueEntry>>([to_wall, limit](Worker& worker) {
    std::vector<QueueEntry> found;
    worker.for_each([&](const queue::Waiting& waiting, const std::string& site, bool is_held) {
      if (found.size() < limit) {
        found.push_back({.waiting = waiting, .site = site, .is_held = is_held});
        found.back().waiting.accepted += to_wall;
        found.back().waiting.due += to_wall;
      }
    });
    return found;
  });
  std::vector<QueueEntry> joined;
  for (const auto& part : all) {
    for (const QueueEntry& entry : part) {
      if (joined.size() < limit) {
        joined.push_back(entry);
      }
    }
  }
  co_return joined;
}

awaitable<std::size_t> Dispatcher::hurry(std::string domain) {
  const auto counts =
      co_await ask_all<std::size_t>([domain](Worker& worker) { return worker.hurry(domain); });
  std::size_t sum = 0;
  for (const std::size_t count : counts) {
    sum += count;
  }
  co_return sum;
}

awaitable<std::vector<RecipientId>> Dispatcher::withdraw(std::set<RecipientId> recipients) {
  const auto all = co_await ask_all<std::vector<RecipientId>>(
      [&recipients](Worker& worker) { return worker.withdraw(recipients); });
  std::vector<RecipientId> taken;
  for (const std::vector<RecipientId>& part : all) {
    taken.insert(taken.end(), part.begin(), part.end());
  }
  co_return taken;
}

awaitable<void> Dispatcher::stop(std::chrono::milliseconds limit) {
  net::TaskGroup stopping(co_await asio::this_coro::executor, "stopping delivery");
  for (std::size_t i = 0; i < workers_.size(); ++i) {
    stopping.spawn(stop_there(services_.threads.context(i), *workers_[i], limit));
  }
  co_await stopping.join();
}

}  // namespace postrider::delivery
