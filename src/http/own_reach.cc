#include "http/own_reach.h"

#include <algorithm>
#include <utility>

namespace postrider::http {

namespace ip = boost::asio::ip;
using boost::asio::awaitable;

namespace {

bool is_among(const std::vector<std::string>& own, const std::string& name) {
  return std::ranges::find(own, name) != own.end();
}

}  // namespace

awaitable<std::vector<ip::address>> addresses_of(dns::Resolver& resolver,
                                                 std::vector<std::string> own) {
  std::vector<ip::address> all;
  for (const std::string& one : own) {
    boost::system::error_code is_name;
    const ip::address address = ip::make_address(one, is_name);
    if (!is_name) {
      all.push_back(address);
      continue;
    }
    const auto answer = co_await resolver.addresses(one, true, true);
    if (answer) {
      all.insert(all.end(), answer->records.begin(), answer->records.end());
    }
  }
  co_return all;
}

awaitable<Reach> look_where_it_leads(dns::Resolver& resolver, std::string host,
                                     std::vector<std::string> own) {
  Reach reach;
  auto answer = co_await resolver.addresses(host, true, true);
  if (!answer) {
    reach.verdict = answer.error().code() == Errc::not_found ? Verdict::missing : Verdict::unknown;
    reach.why = answer.error().text();
    co_return reach;
  }
  const bool is_alias = !answer->canonical_name.empty() && answer->canonical_name != host;
  if (is_alias) {
    reach.found.push_back("CNAME " + answer->canonical_name);
  }
  for (const ip::address& address : answer->records) {
    reach.found.push_back(address.to_string());
  }
  reach.addresses = std::move(answer->records);
  if (is_among(own, host) || (is_alias && is_among(own, answer->canonical_name))) {
    reach.verdict = Verdict::ok;
    co_return reach;
  }
  const auto ours = co_await addresses_of(resolver, std::move(own));
  const bool leads_here = std::ranges::all_of(reach.addresses, [&](const ip::address& address) {
    return std::ranges::find(ours, address) != ours.end();
  });
  reach.verdict = leads_here ? Verdict::ok : Verdict::wrong;
  co_return reach;
}

}  // namespace postrider::http
