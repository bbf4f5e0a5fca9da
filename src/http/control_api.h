// What the control socket answers: accounts, credentials, domains, the queue, messages, events, the
// clock, the configuration. JSON in, JSON out; errors as {"error": {"code": "...", "text": "..."}}.
//
// Where no relay runs, the command line makes one of these on the stores opened read-only: what
// only reads then works the same, the queue included, and what changes something answers 503
// `not_running`.
//
// Thread: handlers run on the server's thread; blocking calls go to the pool.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "http/server.h"
#include "relay/relay.h"

namespace postrider::http {

class LinkServer;

struct ControlParts {
  directory::Directory* directory = nullptr;
  spool::Spool* spool = nullptr;
  events::EventStore* events = nullptr;
  store::Store* store = nullptr;
  suppression::List* suppressions = nullptr;
  relay::Relay* relay = nullptr;  ///< null: none is running
  std::string installation;       ///< host name that SPF includes and return paths point to
  std::string hostname = {};      ///< what MX of return-path domains name
  bool takes_inbound = false;     ///< bounces and complaints come in here
  std::vector<std::string> public_names = {};  ///< links.public
  LinkServer* links = nullptr;                 ///< null: readers are not answered here
  /// Reads the configuration again; `by`: who wants that.
  std::function<Result<std::vector<std::string>>(const std::string& by)> reload;
};

/// What a relay that runs has of these, which must outlive them; without `links` and `reload`.
ControlParts parts_of(relay::Relay& relay);

/// `parts` must outlive the handler.
Handler make_control_api(const ControlParts& parts);

/// /healthz, /readyz and /metrics (Prometheus' text format), for the network listener.
/// `links`: where readers' links are answered, or null; it outlives the handler.
Handler make_health(relay::Relay& relay, const LinkServer* links);

}  // namespace postrider::http
