// What is answered on a tracking host: the pixel, the redirect, the unsubscribe page and its
// one-click action (RFC 8058), robots.txt, a page for everything else.
//
// A redirect leads only to what was stored for a genuine token, and only to http and https; nothing
// of a request goes into a Location. No cookies. HEAD is answered as GET.
//
// Opens and clicks are handed to a recorder before they are answered; where that is full, the
// answer waits, ten seconds at most, and is 503 then; beyond a number of them for each token
// (links/hit_limit.h) they are answered and not recorded. An unsubscribe is answered once it is
// durable, and where it changes nothing no event is written.
//
// Thread: any of the io threads; answer() stays on the one that calls it.
#pragma once

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "http/link_request.h"
#include "http/unsubscribing.h"
#include "links/hit_limit.h"
#include "links/hit_recorder.h"
#include "relay/relay.h"

namespace postrider::http {

class LinkService {
 public:
  /// Both outlive it.
  LinkService(relay::Relay& relay, links::HitRecorder& recorder);

  boost::asio::awaitable<LinkAnswer> answer(LinkRequest request);

  std::uint64_t hits_over_limit() const { return limit_.refused(); }

 private:
  boost::asio::awaitable<LinkAnswer> open(const LinkRequest& request, std::string_view token);
  boost::asio::awaitable<LinkAnswer> click(const LinkRequest& request, std::string_view token,
                                           track::TokenKind kind);
  boost::asio::awaitable<LinkAnswer> unsubscribe(const LinkRequest& request,
                                                 std::string_view token);
  links::Hit hit_of(const LinkRequest& request, events::Type type,
                    const track::TokenContent& token) const;
  /// False: there was no room for it in time.
  boost::asio::awaitable<bool> record(const LinkRequest& request, links::Hit hit);

  relay::Relay& relay_;
  links::HitRecorder& recorder_;
  links::HitLimit limit_;
  Unsubscribing unsubscribing_;
  const std::vector<std::string> hosts_;  ///< a copy: a reload changes the relay's settings
  std::map<std::string, std::string, std::less<>> files_;  ///< by path: what opens apps
};

/// False: `recorder` had no room within `limit`. It is asked at growing intervals. Outlives the
/// await.
boost::asio::awaitable<bool> record_within(links::HitRecorder& recorder, links::Hit hit,
                                           std::chrono::milliseconds limit);

}  // namespace postrider::http
