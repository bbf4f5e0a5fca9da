// The options, by the section of the configuration that they stand in. Each function reads what is
// written into what holds the defaults, and checks what single values can't show. Thread: one.
#pragma once

#include "relay/settings.h"
#include "relay/settings_section.h"

namespace postrider::relay {

void read_listeners(Section& root, Settings& settings);   ///< [listener.NAME]
void read_submission(Section& root, Settings& settings);  ///< [tls], [limits], [auth]
/// [http], [log], [spool], [simulator], [bounce], [inbound], [webhook], [suppression], [health],
/// [retention], and read_links()
void read_services(Section& root, Settings& settings);
void read_links(Section& root, Settings& settings);  ///< [links], [acme]
/// Hosts that are believed about whom they speak for: not the whole Internet.
void read_believed(Section& section, const char* key, std::vector<net::Network>& networks);
/// Complains of `key` where a listener of mail has the endpoint.
void complain_if_taken(Section& section, const char* key, const Endpoint& endpoint,
                       const Settings& settings);
void read_dns(Section& root, Settings& settings);       ///< [dns]
void read_delivery(Section& root, Settings& settings);  ///< [delivery], [[route]], [[site]]
void read_retry(Section& root, Settings& settings);     ///< [retry], [[retry.rule]]
void read_exports(Section& root, Settings& settings);   ///< [[export]]

}  // namespace postrider::relay
