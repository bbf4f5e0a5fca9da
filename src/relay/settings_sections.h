// The options, by the section of the configuration that they stand in. Each function reads what is
// written into what holds the defaults, and checks what single values can't show. Thread: one.
#pragma once

#include "relay/settings.h"
#include "relay/settings_section.h"

namespace postrider::relay {

void read_listeners(Section& root, Settings& settings);   ///< [listener.NAME]
void read_submission(Section& root, Settings& settings);  ///< [tls], [limits], [auth]
void read_services(Section& root, Settings& settings);    ///< [http], [log], [spool], [simulator], [bounce], [inbound]
void read_dns(Section& root, Settings& settings);         ///< [dns]
void read_delivery(Section& root, Settings& settings);    ///< [delivery], [[route]], [[site]]
void read_retry(Section& root, Settings& settings);       ///< [retry], [[retry.rule]]

}  // namespace postrider::relay
