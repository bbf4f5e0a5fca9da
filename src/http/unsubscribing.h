// The page behind a link to unsubscribe, and what is done there: a reader leaves mail of the kind
// that brought them (by RFC 8058's one click, too) or all that the sender sends, or is tracked no
// more in what the account sends from now on (relay/tracking_refusals.h).
//
// Reading it changes nothing. A wish is answered once it is durable; where it changes nothing, no
// event is written: the suppression list says so or, of what its consumer has not taken yet, the
// log. Two wishes of one recipient are taken one after the other.
//
// Thread: any of the io threads; answer() stays on the one that calls it.
#pragma once

#include <cstdint>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/link_pages.h"
#include "http/link_request.h"
#include "links/hit_recorder.h"
#include "relay/relay.h"

namespace postrider::http {

class Unsubscribing {
 public:
  /// Both outlive it.
  Unsubscribing(relay::Relay& relay, links::HitRecorder& recorder)
      : relay_(relay), recorder_(recorder) {}

  /// `hit`: what is to be told of a wish.
  boost::asio::awaitable<LinkAnswer> answer(const LinkRequest& request, links::Hit hit);

 private:
  /// What somebody wants no more; each holds what the one before does.
  enum class Left : std::uint8_t { nothing, stream, everything };

  /// What is known of whom a link was sent to.
  struct Recipient {
    std::string sender;  ///< a domain
    std::string stream;
    std::string to;
    std::vector<events::Event> wishes;  ///< that were told before
  };
  Result<Recipient> recipient_of(const links::Hit& hit) const;
  Result<Left> left_by(const Recipient& recipient, AccountId account) const;
  TrackingOffer offer_of(const Recipient& recipient, AccountId account) const;
  boost::asio::awaitable<LinkAnswer> take(const LinkRequest& request, links::Hit hit);
  boost::asio::awaitable<LinkAnswer> take_in_turn(const LinkRequest& request, links::Hit hit);
  boost::asio::awaitable<LinkAnswer> refuse_tracking(const LinkRequest& request,
                                                     const links::Hit& hit);
  static events::Event refusal_event(const links::Hit& hit, const Recipient& recipient);
  boost::asio::awaitable<bool> commit(store::Step step);
  bool begin(RecipientId recipient);
  void end(RecipientId recipient);

  relay::Relay& relay_;
  links::HitRecorder& recorder_;
  std::mutex mutex_;  // guards taken_
  std::set<RecipientId> taken_;
};

/// Whether a POST asks for one-click unsubscribe: List-Unsubscribe=One-Click, as a form in either
/// encoding (RFC 8058, 3.2).
bool asks_to_unsubscribe(std::string_view body);
/// Whether it asks not to be tracked, as the page's form does: tracking=refuse.
bool asks_not_to_be_tracked(std::string_view body);
/// Whether it asks to leave everything, as the page's form does: scope=all.
bool asks_for_everything(std::string_view body);

}  // namespace postrider::http
