// Opens the configured SMTP listeners on every io thread and serves what they accept, within the
// limits on sessions in all and for each address. Connections above them are told so, 100 at a
// time; those beyond, and those with TLS from the start, are closed without a word. Behind a load
// balancer (proxy_from) the address that counts is its client's.
//
// The kernel spreads connections over the threads (SO_REUSEPORT). A port that another process has
// is an error, although SO_REUSEPORT alone would share it.
//
// Threads: open() before the io threads start; stop() from a coroutine on one of them.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "net/io_threads.h"
#include "relay/certificate.h"
#include "relay/inbound.h"
#include "relay/settings.h"
#include "relay/submission.h"

namespace postrider::relay {

struct ListeningOn {
  std::string name;
  Endpoint endpoint;  ///< with the port that the kernel chose
  ListenerTls tls = ListenerTls::none;
  ListenerKind kind = ListenerKind::submission;
};

class Listeners {
 public:
  Listeners(net::IoThreads& threads, SubmissionServices& submission, InboundServices& inbound,
            const Certificate& certificate);
  ~Listeners();

  /// Errc::unavailable names the address and what to do.
  Result<> open(const Settings& settings);
  /// Policies and limits of listeners that stay; addresses themselves need a restart. Returns what
  /// could not be applied, in words.
  std::vector<std::string> change_to(const Settings& settings);

  const std::vector<ListeningOn>& listening() const;
  std::size_t sessions() const;
  std::uint64_t sessions_asked_to_leave() const;  ///< because others wanted in; any thread

  /// Accepts nothing more and tells every session 421. Those in the middle of a message have until
  /// `limit`, then they are told, too; returns when all have ended.
  boost::asio::awaitable<void> stop(std::chrono::milliseconds limit);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace postrider::relay
