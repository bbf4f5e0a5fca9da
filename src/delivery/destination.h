// Where the mail of a domain goes: the site that takes it, its hosts, and what the configuration
// says about it.
//
// A site is named by what makes its destinations one: "mx1.example.net,mx2.example.net" (the MX
// set), or "127.0.0.1:2600" for a route. A domain with a rule of its own has a site of its own, so
// that the rule holds for it alone, and so has a TLS policy other than the usual one.
//
// Values, immutable once made; any thread.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "delivery/options.h"
#include "dns/mx.h"

namespace postrider::delivery {

struct Destination {
  std::string site;
  std::vector<dns::MailHost>
      hosts;  ///< in the order to try; addresses are looked up when connecting
  std::uint16_t port = 25;
  bool is_route = false;  ///< named by the operator: any address will do
  Route route;            ///< of a route: its TLS and AUTH
  SiteLimits limits;
};

using DestinationPtr = std::shared_ptr<const Destination>;

/// The route that holds for mail of `account` (its name) to `domain`; null: by MX.
const Route* find_route(const Options& options, std::string_view domain, std::string_view account);

DestinationPtr destination_by_route(const Options& options, std::string_view domain,
                                    const Route& route);
DestinationPtr destination_by_mx(const Options& options, std::string_view domain,
                                 const dns::MailExchangers& exchangers);

}  // namespace postrider::delivery
