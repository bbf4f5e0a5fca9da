// The receiver of a load: takes mail for any domain, says 250 to everything, keeps nothing and
// counts each recipient of each run (load/load_id.h).
//
// A recipient counts by its local part; one whose local part says nothing (a relay may rewrite it)
// counts by the message's X-Load-Id, where that names a single recipient. A message that was made
// for other recipients than those of its envelope is counted as misdelivered. What has neither is
// foreign: counted by number only.
//
// It speaks through smtp::serve_session, so it is as strict as the relay itself. Listen on loopback
// only. Threads: of its own (net::IoThreads); figures() and flush() are anybody's, the rest the
// owner's.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <vector>

#include <boost/asio/ip/tcp.hpp>

#include "base/result.h"
#include "load/counter.h"
#include "load/log_line.h"
#include "net/tls.h"

namespace postrider::load {

struct CountingOptions {
  boost::asio::ip::tcp::endpoint endpoint;  ///< port 0: a free one
  std::uint32_t threads = 1;
  std::shared_ptr<const net::TlsServer> tls;  ///< null: STARTTLS is not offered
  std::filesystem::path log;                  ///< empty: none
};

struct CountingFigures {
  std::uint64_t messages = 0;
  std::uint64_t recipients = 0;  ///< of all messages, copies and foreign ones included
  std::uint64_t bytes = 0;       ///< of content
  std::uint64_t foreign = 0;
  std::uint64_t misdelivered = 0;
  std::uint64_t sessions = 0;
  Micros first{};  ///< arrival of the first message
  Micros last{};
  std::vector<Counter::Run> runs;
};

class CountingServer {
 public:
  /// Listens when it returns. Errc::unavailable names the address, or the log.
  static Result<std::unique_ptr<CountingServer>> start(CountingOptions options);
  ~CountingServer();  ///< ends the sessions politely and waits for them

  boost::asio::ip::tcp::endpoint endpoint() const;
  CountingFigures figures() const;

  /// Writes out what the log has gathered; Errc::unavailable if that fails or has failed.
  Result<> flush();
  /// No session is left when it returns.
  void stop();

 private:
  struct State;
  explicit CountingServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace postrider::load
