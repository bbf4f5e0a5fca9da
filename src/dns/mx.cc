#include "dns/mx.h"

#include <algorithm>
#include <array>
#include <openssl/sha.h>
#include <random>
#include <set>
#include <tuple>
#include <utility>

#include "base/text.h"

namespace postrider::dns {

namespace asio = boost::asio;
using asio::ip::address;

namespace {

constexpr std::size_t kMostHosts = 20;
constexpr std::size_t kMostAddresses = 8;
constexpr std::size_t kNamesOfSite = 4;
constexpr std::uint16_t kSmtpPort = 25;

/// "[192.0.2.1]" or "[IPv6:2001:db8::1]" (RFC 5321, 4.1.3).
std::optional<address> literal_address(std::string_view domain) {
  if (!domain.starts_with('[') || !domain.ends_with(']')) {
    return std::nullopt;
  }
  std::string_view inside = domain.substr(1, domain.size() - 2);
  const bool says_v6 = starts_with_ignoring_case(inside, "IPv6:");
  inside.remove_prefix(says_v6 ? 5 : 0);
  boost::system::error_code ec;
  const address found = asio::ip::make_address(std::string(inside), ec);
  return !ec && found.is_v6() == says_v6 ? std::optional(found) : std::nullopt;
}

/// 96 bits of SHA-256: nobody makes another set with the same.
std::string short_digest(std::string_view text) {
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  return hex(std::string_view(reinterpret_cast<const char*>(digest.data()), 12));
}

std::string site_of(const std::vector<MailHost>& hosts) {
  std::set<std::string_view> names;
  for (const MailHost& host : hosts) {
    names.insert(host.name);
  }
  std::string all;
  std::size_t shown = 0;  // bytes
  std::size_t count = 0;
  for (const std::string_view name : names) {
    all += count == 0 ? "" : ",";
    all += name;
    shown = ++count <= kNamesOfSite ? all.size() : shown;
  }
  if (count <= kNamesOfSite) {
    return all;
  }
  // Not cut: whoever shares four hosts with another domain must not get its mail at the fifth.
  return all.substr(0, shown) + ",+" + std::to_string(count - kNamesOfSite) + "#" +
         short_digest(all);
}

/// By preference, equal ones in random order, each name once.
std::vector<MailHost> in_order(const std::vector<Mx>& records, std::uint32_t random) {
  std::vector<MailHost> hosts;
  for (const Mx& record : records) {
    if (!record.host.empty()) {
      hosts.push_back({.name = record.host, .preference = record.preference, .addresses = {}});
    }
  }
  // By name as well, so that the order depends on `random` and not on the server's.
  std::ranges::sort(hosts, [](const MailHost& a, const MailHost& b) {
    return std::tie(a.preference, a.name) < std::tie(b.preference, b.name);
  });
  std::set<std::string> seen;
  std::erase_if(hosts, [&](const MailHost& host) { return !seen.insert(host.name).second; });
  std::minstd_rand shuffling(random);
  for (auto begin = hosts.begin(); begin != hosts.end();) {
    const auto end = std::find_if(begin, hosts.end(), [&](const MailHost& host) {
      return host.preference != begin->preference;
    });
    std::shuffle(begin, end, shuffling);
    begin = end;
  }
  return hosts;
}

/// RFC 5321, 5.1: without us and all that are no better than us.
void remove_loop(std::vector<MailHost>& hosts, const std::vector<std::string>& own_names) {
  const auto us = std::ranges::find_if(hosts, [&](const MailHost& host) {
    return std::ranges::find(own_names, host.name) != own_names.end();
  });
  if (us != hosts.end()) {
    const std::uint16_t ours = us->preference;
    std::erase_if(hosts, [&](const MailHost& host) { return host.preference >= ours; });
  }
}

MailExchangers only_host(const std::string& domain, Security security) {
  MailExchangers found;
  found.hosts.push_back({.name = domain, .preference = 0, .addresses = {}});
  found.site = domain;
  found.security = security;
  found.implicit = true;
  return found;
}

std::unexpected<MxFailure> no_way(NoWay why, std::string text) {
  return std::unexpected<MxFailure>({.why = why, .text = std::move(text)});
}

std::unexpected<MxFailure> no_way(const Error& error) {
  return no_way(error.code() == Errc::not_found ? NoWay::no_such_domain : NoWay::no_answer,
                error.text());
}

std::unexpected<MxFailure> loop_of(const std::string& domain) {
  return no_way(NoWay::loop, "mail for " + domain + " leads back to this host");
}

bool is_own_name(const std::string& name, const MxOptions& options) {
  return std::ranges::find(options.own_names, name) != options.own_names.end();
}

/// No MX: the domain itself, if it has an address of either kind.
asio::awaitable<MxResult<MailExchangers>> implicit_host(Resolver& resolver, std::string domain,
                                                        const MxOptions& options) {
  const auto addresses = co_await resolver.addresses(domain, true, true);
  if (!addresses) {
    co_return no_way(addresses.error());
  }
  if (is_own_name(domain, options)) {
    co_return loop_of(domain);
  }
  co_return only_host(domain, addresses->security);
}

enum class Verdict : std::uint8_t { usable, own, not_public };

Verdict judge(const address& candidate, const MxOptions& options) {
  if (options.port == kSmtpPort &&
      std::ranges::find(options.own_addresses, candidate) != options.own_addresses.end()) {
    return Verdict::own;
  }
  const bool is_allowed =
      net::is_public(candidate) ||
      std::ranges::any_of(options.allowed_networks,
                          [&](const net::Network& network) { return network.contains(candidate); });
  return is_allowed ? Verdict::usable : Verdict::not_public;
}

MxResult<std::vector<address>> keep_usable(const std::string& host, std::vector<address> found,
                                           const MxOptions& options) {
  bool has_own = false;
  std::erase_if(found, [&](const address& candidate) {
    const Verdict verdict = judge(candidate, options);
    has_own = has_own || verdict == Verdict::own;
    return verdict != Verdict::usable;
  });
  if (found.empty()) {
    return has_own ? loop_of(host) : no_way(NoWay::not_public, host + " has no public address");
  }
  return found;
}

/// IPv6 and IPv4 in turns, IPv6 first, shuffled within each.
std::vector<address> in_turns(std::vector<address> found, std::uint32_t random) {
  std::ranges::sort(found);  // IPv4 before IPv6
  const auto six = std::ranges::find_if(found, &address::is_v6);
  std::minstd_rand shuffling(random);
  std::shuffle(found.begin(), six, shuffling);
  std::shuffle(six, found.end(), shuffling);
  std::vector<address> result;
  for (auto v4 = found.begin(), v6 = six; v4 != six || v6 != found.end();) {
    if (v6 != found.end()) {
      result.push_back(*v6++);
    }
    if (v4 != six) {
      result.push_back(*v4++);
    }
  }
  result.resize(std::min(result.size(), kMostAddresses));
  return result;
}

}  // namespace

asio::awaitable<MxResult<MailExchangers>> find_mail_hosts(Resolver& resolver, std::string domain,
                                                          const MxOptions& options,
                                                          std::uint32_t random) {
  if (literal_address(domain)) {
    co_return only_host(domain, Security::insecure);
  }
  const Result<Answer<Mx>> answer = co_await resolver.mx(domain);
  if (!answer && answer.error().code() == Errc::not_found) {
    co_return co_await implicit_host(resolver, domain, options);
  }
  if (!answer) {
    co_return no_way(answer.error());
  }
  MailExchangers found;
  found.hosts = in_order(answer->records, random);
  if (found.hosts.empty()) {
    co_return no_way(NoWay::takes_no_mail, domain + " takes no mail (null MX)");
  }
  remove_loop(found.hosts, options.own_names);
  if (found.hosts.empty()) {
    co_return loop_of(domain);
  }
  found.site = site_of(found.hosts);
  found.hosts.resize(std::min(found.hosts.size(), kMostHosts));
  found.security = answer->security;
  co_return found;
}

asio::awaitable<MxResult<std::vector<address>>> find_addresses(Resolver& resolver, std::string host,
                                                               const MxOptions& options,
                                                               std::uint32_t random) {
  std::vector<address> found;
  if (const auto literal = literal_address(host)) {
    found.push_back(*literal);
  } else {
    Result<Answer<address>> answer =
        co_await resolver.addresses(host, options.use_ipv4, options.use_ipv6);
    if (!answer) {
      co_return no_way(answer.error());
    }
    found = std::move(answer->records);
  }
  MxResult<std::vector<address>> usable = keep_usable(host, std::move(found), options);
  if (!usable) {
    co_return usable;
  }
  co_return in_turns(*std::move(usable), random);
}

}  // namespace postrider::dns
