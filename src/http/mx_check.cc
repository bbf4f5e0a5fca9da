#include "http/mx_check.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "http/own_reach.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

Finding no_answer(Finding finding, const std::string& why) {
  finding.verdict = Verdict::unknown;
  finding.advice = "DNS gave no answer, try again: " + why;
  return finding;
}

}  // namespace

awaitable<Finding> look_at_mx(dns::Resolver& resolver, std::string return_path_domain,
                              std::string hostname, std::vector<std::string> own) {
  Finding finding{.record = {.name = return_path_domain,
                             .type = "MX",
                             .value = "10 " + hostname,
                             .purpose = "inbound-mx",
                             .is_required = false},
                  .verdict = Verdict::wrong,
                  .found = {},
                  .advice = "publish " + return_path_domain + " MX 10 " + hostname +
                            ". (with an address of this host), or bounces and complaints are lost"};
  own.push_back(hostname);
  std::string host = return_path_domain;
  const auto answer = co_await resolver.mx(return_path_domain);
  if (!answer && answer.error().code() != Errc::not_found) {
    co_return no_answer(std::move(finding), answer.error().text());
  }
  if (answer && !answer->records.empty()) {
    host = std::ranges::min_element(answer->records, {}, &dns::Mx::preference)->host;
    for (const dns::Mx& mx : answer->records) {
      finding.found.push_back("MX " + std::to_string(mx.preference) + " " + mx.host);
    }
  }
  const Reach reach = co_await look_where_it_leads(resolver, host, std::move(own));
  if (reach.verdict == Verdict::unknown) {
    co_return no_answer(std::move(finding), reach.why);
  }
  finding.found.insert(finding.found.end(), reach.found.begin(), reach.found.end());
  finding.verdict = reach.verdict;
  if (finding.verdict == Verdict::missing && !finding.found.empty()) {
    finding.verdict = Verdict::wrong;  // an MX without an address
  }
  if (finding.verdict == Verdict::ok) {
    finding.advice.clear();
  }
  co_return finding;
}

}  // namespace postrider::http
