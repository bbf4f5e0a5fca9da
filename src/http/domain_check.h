// Whether a domain's records are in DNS as they should be, and where not, exactly what to publish.
//
// RFC 7208, 3.2 and 4.5 (one SPF record), RFC 6376, 3.6.1 (DKIM keys), RFC 7489, 6.6.3 (DMARC, also
// from a parent). A record that others share is judged by what of ours is in it: an SPF record may
// include others, a DMARC policy may be stricter.
//
// A check takes a minute at most, however slow DNS is: what is not looked up by then is unknown.
//
// judge() is pure. look_up_records(): thread of the awaiting coroutine; what it is given outlives
// it.
#pragma once

#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "base/result.h"
#include "directory/directory.h"
#include "dns/resolver.h"

namespace postrider::http {

enum class Verdict {
  ok,
  missing,
  wrong,
  unknown,  ///< DNS gave no answer this time
};
std::string_view to_string(Verdict verdict);

struct Finding {
  directory::DnsRecord record;  ///< as it should be
  Verdict verdict = Verdict::unknown;
  std::vector<std::string> found;
  std::string advice;  ///< one sentence; empty if all is well
};

/// `texts`: what TXT records there are at record.name.
Finding judge(const directory::DnsRecord& record, const std::vector<std::string>& texts);
/// `cname`: empty if there is none; `mx`: hosts.
Finding judge_return_path(const directory::DnsRecord& record, const std::string& cname,
                          const std::vector<std::string>& mx);

boost::asio::awaitable<std::vector<Finding>> look_up_records(
    dns::Resolver& resolver, const std::vector<directory::DnsRecord>& records);

}  // namespace postrider::http
