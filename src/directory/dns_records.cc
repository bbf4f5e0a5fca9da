#include <string>

#include "directory/directory.h"

namespace postrider::directory {

std::vector<DnsRecord> records_to_publish(const Domain& domain, std::string_view installation) {
  const std::string host(installation);
  std::vector<DnsRecord> records;
  records.push_back({.name = "_postrider." + domain.name,
                     .type = "TXT",
                     .value = "postrider-verify=" + domain.ownership_token,
                     .purpose = "ownership",
                     .is_required = !domain.is_verified});
  for (const DkimKey& key : domain.keys) {
    if (key.is_active) {
      records.push_back({.name = key.selector + "._domainkey." + domain.name,
                         .type = "TXT",
                         .value = key.key->dns_record(),
                         .purpose = "dkim"});
    }
  }
  records.push_back({.name = domain.name,
                     .type = "TXT",
                     .value = "v=spf1 include:" + host + " ~all",
                     .purpose = "spf",
                     .is_required = false});
  // A receiver that follows it finds the installation's MX and SPF, so that reports come back to us
  // and SPF passes for a name of the domain's own (RFC 7489, 3.1.2: relaxed alignment).
  records.push_back({.name = "bounces." + domain.name,
                     .type = "CNAME",
                     .value = host,
                     .purpose = "return-path",
                     .is_required = false});
  records.push_back({.name = "_dmarc." + domain.name,
                     .type = "TXT",
                     .value = "v=DMARC1; p=none",
                     .purpose = "dmarc",
                     .is_required = false});
  return records;
}

}  // namespace postrider::directory
