// A mailbox provider on loopback, on which every outcome of a delivery can be had without a
// network.
//
// Mailboxes at simulator.test and below behave by their local part (simulator/behaviours.h). What
// is decided before a recipient is named depends on the domain instead, so each of these sites has
// a listening port of its own (sites()): no-tls.simulator.test offers no STARTTLS,
// old.simulator.test is a server of 1995 with none of the extensions. Every mailbox exists at each.
//
// It speaks the protocol with the same session as the relay's own submission
// (smtp/server_session.h), so it is as strict. It asks for no AUTH; listen on loopback only.
// Nothing is stored on disk.
//
// Thread: all calls on the executor's one thread. Windows and times are the clock's; late replies
// are real time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "mail/address.h"
#include "net/tls.h"
#include "simulator/behaviours.h"
#include "simulator/memory.h"
#include "simulator/reading.h"

namespace postrider::simulator {

/// What a port offers before it knows the recipient.
struct Site {
  std::string_view domain;  ///< whose mail belongs there
  std::string_view what;
  bool has_tls;
  bool has_extensions;  ///< PIPELINING, CHUNKING, 8BITMIME, SMTPUTF8, DSN
};

/// simulator.test first; the names of others end in it.
std::span<const Site> sites();

struct Options {
  boost::asio::ip::address address = boost::asio::ip::address_v4::loopback();
  std::uint16_t port = 0;  ///< of simulator.test, the others follow it; 0: free ones
  std::shared_ptr<const net::TlsServer> tls;  ///< null: STARTTLS is offered nowhere
  std::uint64_t message_bytes_max = 100 << 20;
  std::uint32_t sessions_max = 2000;     ///< 421 4.3.2 above
  std::chrono::milliseconds late{3000};  ///< how late slow@ answers
  std::chrono::milliseconds back{1000};  ///< until mailboxes send something back, in real time
  MemoryLimits memory = {};
};

/// Where mail for a domain goes: "simulator.test", "*.simulator.test" and one for each other site.
struct Route {
  std::string pattern;
  boost::asio::ip::tcp::endpoint endpoint;
};

class Simulator {
 public:
  /// Listens when it returns. `clock` outlives it. Errc::unavailable names the address and port.
  static Result<std::unique_ptr<Simulator>> start(const boost::asio::any_io_executor& executor,
                                                  const Clock& clock, Options options);
  ~Simulator();  ///< after stop()

  /// From now on mailboxes send back what they do, there: bounces and answers to the return path,
  /// complaints to their address.
  void answer_to(const boost::asio::ip::tcp::endpoint& endpoint, mail::Address complaints_to);

  /// From now on those that read mail ask there for what it is tracked by.
  void read_at(LinksAt links);

  /// Closes the ports, ends the sessions politely, returns when all have ended.
  boost::asio::awaitable<void> stop();

  /// Most specific patterns win, so that all of them can stand in one list of routes.
  std::vector<Route> routes() const;

  /// The messages taken last, oldest first.
  std::vector<std::shared_ptr<const Taken>> taken() const;
  std::uint64_t taken_in_all() const;

 private:
  struct State;
  explicit Simulator(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::simulator
