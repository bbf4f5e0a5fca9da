#include "relay/housekeeping.h"

#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "links/link_store.h"

namespace postrider::relay {

namespace asio = boost::asio;
using asio::awaitable;

namespace {

constexpr std::chrono::seconds kCertificateLook{10};
constexpr std::chrono::hours kExpiryLook{24};

/// False: cancelled.
awaitable<bool> pass(std::chrono::seconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
  co_return !cancelled;
}

}  // namespace

awaitable<void> watch_certificate(Certificate& certificate) {
  bool go_on = co_await pass(kCertificateLook);
  while (go_on) {
    certificate.look_again();
    go_on = co_await pass(kCertificateLook);
  }
}

awaitable<void> expire_links(const Clock& clock, store::Committer& committer, Duration keep) {
  bool go_on = true;
  while (go_on) {
    store::Step step;
    links::LinkStore::expire(step, clock.now() - keep);
    committer.note(std::move(step), {});
    go_on = co_await pass(kExpiryLook);
  }
}

}  // namespace postrider::relay
