// What is answered on a tracking host: the pixel, the redirect, the unsubscribe page and its
// one-click action (RFC 8058), robots.txt, what opens apps, what proves the host ours (to an
// authority, RFC 8555, 8.3; to ourselves, link_probe.h), a page for everything else.
//
// A redirect leads only to what was stored for a genuine token, and only to http and https; nothing
// of a request goes into a Location. On a host of another account's a token is none: nobody shall
// borrow a good name. No cookies. HEAD is answered as GET.
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
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "acme/challenges.h"
#include "base/current.h"
#include "http/link_probe.h"
#include "http/link_request.h"
#include "http/unsubscribing.h"
#include "links/hit_limit.h"
#include "links/hit_recorder.h"
#include "relay/relay.h"

namespace postrider::http {

class LinkService {
 public:
  /// All outlive it.
  LinkService(relay::Relay& relay, links::HitRecorder& recorder,
              const acme::Challenges& challenges);

  /// Before the first answer.
  void set_probe_secret(const ProbeSecret& secret) { probe_secret_ = secret; }
  /// Any thread; at the next request. What can't be read of the files is not there.
  void change_to(const relay::LinkSettings& settings);

  boost::asio::awaitable<LinkAnswer> answer(LinkRequest request);

  std::uint64_t hits_over_limit() const { return limit_.refused(); }
  bool serves(std::string_view host) const;  ///< in lower case; any thread

 private:
  /// Nothing: it is forged, of another kind, or the host it came to belongs to another account.
  std::optional<track::TokenContent> read(const LinkRequest& request, std::string_view token,
                                          track::TokenKind kind) const;
  boost::asio::awaitable<LinkAnswer> open(const LinkRequest& request, std::string_view token);
  boost::asio::awaitable<LinkAnswer> click(const LinkRequest& request, std::string_view token,
                                           track::TokenKind kind);
  boost::asio::awaitable<LinkAnswer> unsubscribe(const LinkRequest& request,
                                                 std::string_view token);
  links::Hit hit_of(const LinkRequest& request, events::Type type,
                    const track::TokenContent& token) const;
  /// False: there was no room for it in time.
  boost::asio::awaitable<bool> record(const LinkRequest& request, links::Hit hit);

  std::optional<LinkAnswer> well_known(const LinkRequest& request) const;

  struct Served {
    std::vector<std::string> hosts;
    std::vector<std::string> for_all;  ///< the operator's own: links of every account lead there
    std::map<std::string, std::string, std::less<>> files;  ///< by path: what opens apps
  };
  relay::Relay& relay_;
  links::HitRecorder& recorder_;
  links::HitLimit limit_;
  Unsubscribing unsubscribing_;
  const acme::Challenges& challenges_;
  ProbeSecret probe_secret_{};
  Current<Served> served_;
};

/// False: `recorder` had no room within `limit`. It is asked at growing intervals. Outlives the
/// await.
boost::asio::awaitable<bool> record_within(links::HitRecorder& recorder, links::Hit hit,
                                           std::chrono::milliseconds limit);

}  // namespace postrider::http
