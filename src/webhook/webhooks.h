// Whoever wants to be told of events by HTTP is: one object for all endpoints of the directory.
//
// Everything runs on a thread of its own, niced, which asks for new events twenty times a second
// while there are active endpoints and sleeps while there are none: nothing here is on a message's
// way. An endpoint that is slow or down costs its own requests and its own cursor (endpoint.h).
//
// Thread: start() and stop() from the main thread; the rest from any.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/clock.h"
#include "base/result.h"
#include "directory/directory.h"
#include "webhook/figures.h"
#include "webhook/options.h"
#include "webhook/records.h"

namespace postrider::dns {
class Resolver;
}
namespace postrider::events {
class EventStore;
}
namespace postrider::net {
class BlockingPool;
}

namespace postrider::webhook {

class Webhooks {
 public:
  /// All outlive it.
  struct Parts {
    const Clock& clock;
    store::Store& store;
    const events::EventStore& events;
    directory::Directory& directory;
    dns::Resolver& resolver;
    net::BlockingPool& blocking;
    /// For the contact of an endpoint that is no longer told of events, or at its backup URL only;
    /// called on the thread of the webhooks.
    std::function<void(const directory::Webhook& webhook, const std::string& why)> tell_contact;
  };
  /// Errc::invalid: the machine has no list of certificates that TLS could trust.
  static Result<std::unique_ptr<Webhooks>> create(Parts parts, Options options);
  ~Webhooks();  ///< stop()
  Webhooks(const Webhooks&) = delete;
  Webhooks& operator=(const Webhooks&) = delete;

  void start();
  /// Ends requests that are on their way; what they carried is sent again after the next start.
  void stop();

  void set_options(Options options);
  Options options() const;
  /// The directory's endpoints have changed.
  void refresh();
  /// The clock has jumped.
  void tick();
  /// What has been read of the event log is read again, from where each endpoint has come to: it
  /// has changed. While is_reading_again(), what was read before may still be sent.
  void read_again();
  bool is_reading_again() const;

  /// The endpoint begins again at `next` in the event log.
  void replay(WebhookId id, std::uint64_t next);
  /// It has gone from the directory: so does what is kept of it.
  void forget(WebhookId id);

  /// Sends a test event now, once, in whatever state it is; into its log too.
  boost::asio::awaitable<Request> test(std::shared_ptr<const directory::Webhook> webhook);

  /// Of the active ones, by id.
  std::vector<EndpointFigures> figures() const;

 private:
  struct State;
  explicit Webhooks(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

/// Errc::invalid says which part of it is wrong and what would be right.
Result<> check_webhook(const directory::Webhook& webhook, const Options& options);

}  // namespace postrider::webhook
