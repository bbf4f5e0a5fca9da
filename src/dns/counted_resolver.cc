#include "dns/counted_resolver.h"

#include <chrono>
#include <utility>

namespace postrider::dns {

using boost::asio::awaitable;
namespace ip = boost::asio::ip;

template <class T>
awaitable<Result<T>> CountedResolver::count(awaitable<Result<T>> lookup) {
  const auto begun = std::chrono::steady_clock::now();
  Result<T> answer = co_await std::move(lookup);
  const std::chrono::duration<double> took = std::chrono::steady_clock::now() - begun;
  const std::lock_guard lock(mutex_);
  figures_.took.add(took.count(), kBounds);
  if (answer) {
    ++figures_.found;
  } else {
    ++(answer.error().code() == Errc::not_found ? figures_.not_found : figures_.failed);
  }
  co_return answer;
}

awaitable<Result<Answer<Mx>>> CountedResolver::mx(std::string name) {
  return count(asked_->mx(std::move(name)));
}

awaitable<Result<Answer<ip::address>>> CountedResolver::addresses(std::string name, bool v4,
                                                                  bool v6) {
  return count(asked_->addresses(std::move(name), v4, v6));
}

awaitable<Result<Answer<std::string>>> CountedResolver::txt(std::string name) {
  return count(asked_->txt(std::move(name)));
}

awaitable<Result<Answer<std::string>>> CountedResolver::cname(std::string name) {
  return count(asked_->cname(std::move(name)));
}

LookupFigures CountedResolver::figures() const {
  const std::lock_guard lock(mutex_);
  return figures_;
}

}  // namespace postrider::dns
