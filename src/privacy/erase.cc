#include "privacy/erase.h"

#include <algorithm>
#include <set>
#include <string>
#include <thread>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "base/text.h"
#include "events/consumers.h"
#include "net/io_threads.h"
#include "privacy/erase_events.h"
#include "privacy/erase_tables.h"
#include "privacy/mail_files.h"
#include "privacy/waiting_mail.h"
#include "relay/data_directory.h"
#include "webhook/webhooks.h"

namespace postrider::privacy {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;

namespace {

constexpr std::chrono::seconds kUnderWay{120};  // for attempts that are being made right now
constexpr std::chrono::milliseconds kLookAgain{200};
constexpr std::chrono::seconds kNoProgress{60};  // of a consumer of the event log
constexpr std::chrono::milliseconds kConsumerLook{50};
constexpr int kRoundsMost = 3;  // over events that came during the one before

awaitable<void> pause(std::chrono::milliseconds time) {
  asio::steady_timer timer(co_await asio::this_coro::executor, time);
  co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
}

/// Runs what blocks on the thread of this erasure.
template <class T>
awaitable<T> blocking(net::BlockingPool& pool, std::move_only_function<T()> work) {
  co_return co_await pool.run<T>(std::move(work));
}

awaitable<Result<>> cancel_waiting(const Work& work, net::BlockingPool& pool, Erased& erased) {
  using Recipients = std::set<RecipientId>;
  const auto limit = Steady::now() + kUnderWay;
  while (true) {
    std::move_only_function<Result<Recipients>()> look = [&] { return find_waiting(work); };
    CO_TRY(const Recipients waiting, co_await blocking(pool, std::move(look)));
    if (waiting.empty()) {
      co_return Result<>();
    }
    if (Steady::now() > limit) {
      co_return fail(Errc::unavailable, std::to_string(waiting.size()) +
                                            " attempts to deliver to the address are still under "
                                            "way: erase again when they have ended");
    }
    Recipients taken = waiting;
    if (!work.relay.is_silent()) {
      const auto withdrawn = co_await work.relay.dispatcher().withdraw(waiting);
      taken = Recipients(withdrawn.begin(), withdrawn.end());
    }
    std::move_only_function<Result<>()> settle = [&] { return cancel(work, taken, erased); };
    CO_TRY_VOID(co_await blocking(pool, std::move(settle)));
    if (taken.size() < waiting.size()) {
      co_await pause(kLookAgain);
    }
  }
}

/// What consumers derive from an event they derive from the whole one.
Result<> wait_for_consumers(const Work& work, std::uint64_t last) {
  auto limit = Steady::now() + kNoProgress;
  std::uint64_t lag_before = ~std::uint64_t{0};
  while (!work.relay.is_stopping()) {
    std::uint64_t lag = 0;
    std::string name;
    for (const events::ConsumerFigures& one : work.relay.consumers().figures()) {
      if (one.next <= last) {
        lag += last + 1 - one.next;
        name = one.name + (one.problem.empty() ? "" : ", which has stopped: " + one.problem);
      }
    }
    if (lag == 0) {
      return {};
    }
    if (lag < std::exchange(lag_before, lag)) {
      limit = Steady::now() + kNoProgress;
    }
    if (Steady::now() > limit) {
      return fail(Errc::unavailable, "events wait to be read by the consumer " + name +
                                         ": erase again when they have been");
    }
    std::this_thread::sleep_for(kConsumerLook);
  }
  return fail(Errc::closed, "the relay stops: erase again once it runs");
}

Result<> erase_all_events(const Work& work, Erased& erased) {
  std::set<RecipientId> recipients;
  std::uint64_t next = 1;
  for (int i = 0; i < kRoundsMost && next <= work.relay.events().last_sequence(); ++i) {
    const std::uint64_t last = work.relay.events().last_sequence();
    TRY_VOID(wait_for_consumers(work, last));
    TRY_VOID(erase_events(work, next, last + 1, recipients, erased));
    next = last + 1;
  }
  return {};
}

/// Then no endpoint repeats what it was sent before, which its log would show.
void read_again(webhook::Webhooks& webhooks) {
  webhooks.read_again();
  const auto limit = Steady::now() + kUnderWay;
  while (webhooks.is_reading_again() && Steady::now() < limit) {
    std::this_thread::sleep_for(kConsumerLook);
  }
}

Result<> tell(const Work& work, const Erased& erased) {
  events::Event event;
  event.type = events::Type::operational;
  event.time = work.relay.clock().now();
  event.account = work.account.value_or(AccountId{});
  event.what = "personal_data_erased";
  event.detail = "personal data erased: address with the keyed hash " + erased.hash + ", " +
                 std::to_string(erased.recipients) + " recipients, " +
                 std::to_string(erased.events) + " events, " + std::to_string(erased.cancelled) +
                 " cancelled";
  store::Step step;
  work.relay.events().append(step, event);
  return work.commit(std::move(step));
}

Result<> erase_what_is_told(const Work& work, Erased& erased) {
  TRY_VOID(blank(work));
  TRY_VOID(erase_all_events(work, erased));
  if (!work.relay.is_silent()) {
    read_again(work.relay.webhooks());
  }
  TRY_VOID(erase_suppressions(work, erased));
  TRY_VOID(erase_requests(work, erased));
  TRY_VOID(erase_links(work, erased));
  TRY_VOID(erase_set_aside(work, erased));
  TRY_VOID(erase_contents(work, erased));
  TRY_VOID(erase_search(work));
  TRY_VOID(erase_counters(work, erased));
  const auto mail = relay::DataDirectory::mail(work.relay.settings().data);
  TRY(erased.mails, remove_mails(mail, work.person));
  TRY_VOID(tell(work, erased));
  TRY_VOID(work.relay.directory().purge());
  return work.relay.store().purge();
}

std::string in_hexadecimal(const suppression::AddressHash& hash) {
  return hex(std::string_view(reinterpret_cast<const char*>(hash.data()), hash.size()));
}

}  // namespace

awaitable<Result<Erased>> erase(relay::Relay& relay, mail::Address address,
                                std::optional<AccountId> account) {
  const Work work{.relay = relay, .person = Person(address), .account = account};
  net::BlockingPool pool(1);
  Erased erased;
  erased.hash = in_hexadecimal(relay.suppressions().hash_of(address));
  CO_TRY_VOID(co_await cancel_waiting(work, pool, erased));
  std::move_only_function<Result<>()> rest = [&] { return erase_what_is_told(work, erased); };
  CO_TRY_VOID(co_await blocking(pool, std::move(rest)));
  log::info("personal data erased",
            {{"hash", erased.hash}, {"events", std::to_string(erased.events)}});
  co_return erased;
}

}  // namespace postrider::privacy
