#include "http/domain_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "base/log.h"
#include "http/domain_findings.h"

namespace postrider::http {

namespace asio = boost::asio;
using asio::awaitable;
using directory::Domain;

namespace {

constexpr std::chrono::seconds kClockLook{2};
constexpr std::chrono::minutes kFirstLook{10};
constexpr std::chrono::hours kLook{24};

bool matters(const Finding& finding) {
  // Ownership has been proven; the record may go afterwards.
  return finding.record.purpose != "ownership" &&
         (finding.record.is_required || finding.record.purpose == "inbound-mx");
}

bool was_proven(const Domain& domain) {
  return domain.verified_how == "txt" || domain.verified_how == "dkim";
}

}  // namespace

std::optional<std::string> what_fails(const std::vector<Finding>& findings) {
  std::string fails;
  for (const Finding& finding : findings) {
    if (!matters(finding)) {
      continue;
    }
    if (finding.verdict == Verdict::unknown) {
      if (finding.record.purpose == "tracking-certificate") {
        continue;  // where the host can't be reached, its own finding says so
      }
      return std::nullopt;
    }
    if (finding.verdict != Verdict::ok) {
      fails += (fails.empty() ? "" : ", ") + finding.record.purpose + " of " + finding.record.name +
               " is " + std::string(to_string(finding.verdict));
    }
  }
  return fails;
}

void DomainWatch::take(const Domain& domain, std::string fails) {
  const auto known = known_.find(domain.name);
  const bool has_baseline = known != known_.end() || was_proven(domain);
  const std::string before = known == known_.end() ? std::string() : known->second;
  known_[domain.name] = fails;
  if (!has_baseline || fails == before) {
    return;
  }
  events::Event event;
  event.type = events::Type::operational;
  event.time = parts_.relay->clock().now();
  event.account = domain.account;
  event.from_domain = domain.name;
  event.what = fails.empty() ? "domain_passes" : "domain_fails";
  event.detail = fails.empty()
                     ? "domain check passed again: " + domain.name
                     : "domain check failed: " + domain.name + ": " + fails +
                           "; `postrider domain check " + domain.name + "` says what to do";
  log::warning(fails.empty() ? "a domain is right again" : "a domain fails its check",
               {{"domain", domain.name}, {"what", fails}});
  store::Step step;
  parts_.events->append(step, event);
  parts_.relay->committer().note(std::move(step), {});
}

awaitable<void> DomainWatch::look() {
  const auto snapshot = parts_.directory->snapshot();
  std::erase_if(known_, [&](const auto& one) { return snapshot->domain(one.first) == nullptr; });
  for (const Domain* domain : snapshot->domains()) {
    const directory::Account* account = snapshot->account(domain->account);
    if (!domain->is_verified || account == nullptr || !account->is_active) {
      continue;
    }
    auto fails = what_fails(co_await examine(parts_, *domain));
    if (parts_.relay->is_stopping()) {
      co_return;
    }
    if (fails) {
      take(*domain, *std::move(fails));
    }
  }
}

awaitable<void> DomainWatch::run() {
  const Clock& clock = parts_.relay->clock();
  Time next = clock.now() + kFirstLook;
  while (true) {
    asio::steady_timer timer(co_await asio::this_coro::executor, kClockLook);
    const auto [cancelled] = co_await timer.async_wait(asio::as_tuple(asio::use_awaitable));
    if (cancelled) {
      co_return;
    }
    if (clock.now() >= next) {
      next = clock.now() + kLook;
      co_await look();
    }
  }
}

}  // namespace postrider::http
