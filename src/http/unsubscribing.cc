#include "http/unsubscribing.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <functional>
#include <utility>

#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/text.h"
#include "events/cursor.h"
#include "net/io_threads.h"
#include "suppression/keeper.h"
#include "suppression/standing.h"

namespace postrider::http {

namespace asio = boost::asio;
using asio::awaitable;
using events::Type;

namespace {

constexpr std::chrono::milliseconds kTurnPause{5};
constexpr std::chrono::seconds kTurnWithin{10};

LinkAnswer page(int status, std::string html) {
  return {.status = status, .body = std::move(html), .location = {}, .allow = {}};
}

LinkAnswer unavailable() {
  return page(503, plain_page("Please try again", "Something went wrong here. Try again later."));
}

/// Ends what begin() has begun, also where the coroutine is cancelled.
class Turn {
 public:
  explicit Turn(std::function<void()> end) : end_(std::move(end)) {}
  ~Turn() { end_(); }
  Turn(const Turn&) = delete;
  Turn& operator=(const Turn&) = delete;

 private:
  const std::function<void()> end_;
};

bool is_for_everything(const events::Event& wish) {
  return wish.scope == "all";
}

}  // namespace

bool asks_to_unsubscribe(std::string_view body) {
  for (const std::string_view pair : split(trim(body), '&')) {
    if (pair == "List-Unsubscribe=One-Click") {
      return true;
    }
  }
  // multipart/form-data: the field's own part.
  const auto name = body.find("name=\"List-Unsubscribe\"");
  const auto value = name == std::string_view::npos ? name : body.find("\r\n\r\n", name);
  return value != std::string_view::npos && body.substr(value + 4).starts_with("One-Click\r\n");
}

bool asks_not_to_be_tracked(std::string_view body) {
  return std::ranges::count(split(trim(body), '&'), "tracking=refuse") != 0;
}

bool asks_for_everything(std::string_view body) {
  return std::ranges::count(split(trim(body), '&'), "scope=all") != 0;
}

Result<Unsubscribing::Recipient> Unsubscribing::recipient_of(const links::Hit& hit) const {
  const track::TokenContent& token = hit.token;
  const RecipientId id = postrider::recipient_of(token.message, token.recipient);
  TRY(const auto message, relay_.links().read(token.message));
  TRY(events::Page first, relay_.events().first_about(id, 1));
  static constexpr std::array kWishes{Type::unsubscribed};
  Recipient found;
  if (message && message->account == token.account) {
    found.sender = message->from_domain;
    found.stream = message->stream;
  }
  if (!first.events.empty()) {
    const events::Event& accepted = first.events.front();
    found.sender = found.sender.empty() ? accepted.from_domain : found.sender;
    found.stream = found.stream.empty() ? accepted.stream : found.stream;
    found.to = accepted.to;
  }
  const MessageId one_of_message{id.value};
  TRY(events::Page told, relay_.events().about(one_of_message, 1, kWishes));
  found.wishes = std::move(told.events);
  return found;
}

Result<Unsubscribing::Left> Unsubscribing::left_by(const Recipient& recipient,
                                                   AccountId account) const {
  Left left = Left::nothing;
  const auto widen = [&](bool is_everything) {
    left = std::max(left, is_everything ? Left::everything : Left::stream);
  };
  TRY(const auto cursor, events::read_cursor(relay_.store(), suppression::Keeper::kName));
  const auto address = mail::parse_mailbox(recipient.to, true);
  for (const events::Event& wish : recipient.wishes) {
    const bool is_on_list = address && cursor && wish.sequence < cursor->next;
    if (!is_on_list) {
      widen(is_for_everything(wish));
    }
  }
  if (!address) {
    return left;
  }
  TRY(const auto changes, relay_.suppressions().history(account, *address));
  for (const suppression::Change& one : suppression::standing(changes, relay_.clock().now())) {
    if (one.reason == suppression::Reason::unsubscribe &&
        (one.scope.empty() || one.scope == recipient.stream)) {
      widen(one.scope.empty());
    }
  }
  return left;
}

TrackingOffer Unsubscribing::offer_of(const Recipient& recipient, AccountId account) const {
  const auto address = mail::parse_mailbox(recipient.to, true);
  if (address && relay_.tracking_refusals().level(account, *address) == Privacy::off) {
    return TrackingOffer::has_refused;
  }
  const auto snapshot = relay_.directory().snapshot();
  const directory::Account* sender = snapshot->account(account);
  const bool is_tracked = sender != nullptr && !sender->tracking.host.empty() &&
                          sender->tracking.privacy != Privacy::off;
  return address && is_tracked ? TrackingOffer::may_refuse : TrackingOffer::nothing;
}

awaitable<LinkAnswer> Unsubscribing::take_in_turn(const LinkRequest& request, links::Hit hit) {
  const RecipientId id = postrider::recipient_of(hit.token.message, hit.token.recipient);
  const auto until = std::chrono::steady_clock::now() + kTurnWithin;
  while (!begin(id)) {
    if (std::chrono::steady_clock::now() >= until) {
      co_return unavailable();
    }
    asio::steady_timer pause(co_await asio::this_coro::executor, kTurnPause);
    co_await pause.async_wait(asio::use_awaitable);
  }
  const Turn turn([this, id] { end(id); });
  if (asks_to_unsubscribe(request.body)) {
    co_return co_await take(request, std::move(hit));
  }
  co_return co_await refuse_tracking(request, hit);
}

awaitable<LinkAnswer> Unsubscribing::answer(const LinkRequest& request, links::Hit hit) {
  if (request.method == "POST") {
    if (!asks_to_unsubscribe(request.body) && !asks_not_to_be_tracked(request.body)) {
      co_return page(400, plain_page("This was not understood",
                                     "A request to unsubscribe says List-Unsubscribe=One-Click."));
    }
    co_return co_await take_in_turn(request, std::move(hit));
  }
  if (!is_read(request)) {
    LinkAnswer answer = page(
        405, plain_page("This is not how links are used", "Links are opened, not written to."));
    answer.allow = "GET, HEAD, POST";
    co_return answer;
  }
  const auto recipient = recipient_of(hit);
  const auto left = recipient ? left_by(*recipient, hit.token.account) : fail(recipient.error());
  if (!left) {
    co_return unavailable();
  }
  const UnsubscribeWords& words = words_for(request.accept_language);
  const std::string& sender = recipient->sender.empty() ? request.host : recipient->sender;
  const TrackingOffer offer = offer_of(*recipient, hit.token.account);
  if (*left == Left::everything) {
    co_return page(200, unsubscribed_page(words, sender, true, offer));
  }
  co_return page(200, unsubscribe_page(words, sender, *left == Left::stream, offer));
}

awaitable<LinkAnswer> Unsubscribing::take(const LinkRequest& request, links::Hit hit) {
  const auto recipient = recipient_of(hit);
  const auto left = recipient ? left_by(*recipient, hit.token.account) : fail(recipient.error());
  if (!left) {
    co_return unavailable();
  }
  const Left wanted = asks_for_everything(request.body) ? Left::everything : Left::stream;
  if (*left < wanted) {
    hit.scope = wanted == Left::everything ? "all" : "";
    auto step = recorder_.step_of(hit);
    if (!step) {
      co_return unavailable();
    }
    const bool done = co_await commit(*std::move(step));
    if (!done) {
      co_return unavailable();
    }
  }
  const UnsubscribeWords& words = words_for(request.accept_language);
  const std::string& sender = recipient->sender.empty() ? request.host : recipient->sender;
  co_return page(200, unsubscribed_page(words, sender, std::max(*left, wanted) == Left::everything,
                                        offer_of(*recipient, hit.token.account)));
}

events::Event Unsubscribing::refusal_event(const links::Hit& hit, const Recipient& recipient) {
  events::Event event;
  event.type = Type::operational;
  event.what = "tracking_refused";
  event.time = hit.time;
  event.account = hit.token.account;
  event.message = hit.token.message;
  event.recipient = postrider::recipient_of(hit.token.message, hit.token.recipient);
  event.to = recipient.to;
  event.from_domain = recipient.sender;
  event.stream = recipient.stream;
  event.detail = "asked on the page of a link to unsubscribe";
  return event;
}

awaitable<bool> Unsubscribing::commit(store::Step step) {
  store::Committer& committer = relay_.committers()[net::IoThreads::current()];
  const Result<> done = co_await committer.commit(std::move(step));
  co_return done.has_value();
}

awaitable<LinkAnswer> Unsubscribing::refuse_tracking(const LinkRequest& request,
                                                     const links::Hit& hit) {
  const auto recipient = recipient_of(hit);
  if (!recipient) {
    co_return unavailable();
  }
  const auto address = mail::parse_mailbox(recipient->to, true);
  if (!address) {  // the log has them no more
    co_return page(404, expired_link_page());
  }
  const AccountId account = hit.token.account;
  if (relay_.tracking_refusals().level(account, *address) != Privacy::off) {
    std::move_only_function<Result<>()> work = [&] {
      return relay_.tracking_refusals().put(account, *address, Privacy::off, hit.time);
    };
    const Result<> put = co_await relay_.blocking().run<Result<>>(std::move(work));
    if (!put) {
      co_return unavailable();
    }
    store::Step step;
    relay_.events().append(step, refusal_event(hit, *recipient));
    const bool done = co_await commit(std::move(step));
    if (!done) {
      co_return unavailable();
    }
  }
  const std::string& sender = recipient->sender.empty() ? request.host : recipient->sender;
  co_return page(200, untracked_page(words_for(request.accept_language), sender));
}

bool Unsubscribing::begin(RecipientId recipient) {
  const std::lock_guard lock(mutex_);
  return taken_.insert(recipient).second;
}

void Unsubscribing::end(RecipientId recipient) {
  const std::lock_guard lock(mutex_);
  taken_.erase(recipient);
}

}  // namespace postrider::http
