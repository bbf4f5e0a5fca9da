// What the simulator's mailboxes do with a tracked mail that they have taken: a person opens it a
// while later and may follow its first link, a scanner asks for everything at once and calls
// itself a browser.
//
// Only the relay that the mail came from is asked, at one address, whatever hosts the mail names:
// nothing leaves the machine.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "net/tls.h"
#include "simulator/behaviours.h"
#include "simulator/memory.h"

namespace postrider::simulator {

/// A URL of tracking: "https://links.shop.example/c/TOKEN".
struct TrackingUrl {
  std::string host;  ///< with its port
  std::string path;

  bool operator==(const TrackingUrl&) const = default;
};
struct TrackingUrls {
  std::vector<TrackingUrl> pixels;
  std::vector<TrackingUrl> links;  ///< in their order
};

/// Those of the mail's HTML parts, a hundred of each at most. Empty where it can't be taken apart.
/// Pure; any thread.
TrackingUrls find_tracking_urls(std::string_view content);

/// Where links are answered.
struct LinksAt {
  boost::asio::ip::tcp::endpoint endpoint;
  std::shared_ptr<const net::TlsClient> tls;  ///< null: in the clear
};

/// Waits by `clock`, which outlives it, in steps of real time. What is answered goes to the log.
/// Thread: the awaiting coroutine's.
boost::asio::awaitable<void> read_mail(Reader reader, std::shared_ptr<const Taken> mail, LinksAt at,
                                       const Clock& clock);

}  // namespace postrider::simulator
