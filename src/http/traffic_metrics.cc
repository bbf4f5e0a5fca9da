#include "http/traffic_metrics.h"

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "relay/traffic.h"

namespace postrider::http {

namespace {

using delivery::Outcome;
using relay::TrafficTable;
using Rows = std::vector<TrafficTable::Row>;

constexpr std::array kOutcomes{std::pair{Outcome::delivered, std::string_view("delivered")},
                               std::pair{Outcome::deferred, std::string_view("deferred")},
                               std::pair{Outcome::failed, std::string_view("failed")},
                               std::pair{Outcome::expired, std::string_view("expired")}};

void write_attempts_by(MetricsText& metrics, std::string_view label, const Rows& rows) {
  for (const TrafficTable::Row& row : rows) {
    for (const auto& [outcome, name] : kOutcomes) {
      metrics.sample(row.counts.of(outcome), {{label, row.name}, {"outcome", name}});
    }
  }
}

/// Accounts are counted by their ids; people know them by their names.
Rows with_names(Rows rows, const directory::Snapshot& directory) {
  for (TrafficTable::Row& row : rows) {
    const auto id = parse_id<AccountId>(row.name);
    const directory::Account* account = id ? directory.account(*id) : nullptr;
    if (account != nullptr) {
      row.name = account->name == TrafficTable::kOther ? account->name + " (" + row.name + ")"
                                                       : account->name;
    }
  }
  return rows;
}

}  // namespace

void write_traffic(MetricsText& metrics, relay::Relay& relay) {
  const relay::Traffic& traffic = relay.traffic();
  const Rows providers = traffic.providers.rows();
  metrics.counter("postrider_provider_attempts_total",
                  "Attempts at a recipient, by site: the busiest, and all others together.");
  write_attempts_by(metrics, "provider", providers);
  metrics.histogram("postrider_provider_delivery_seconds",
                    "From acceptance to delivery, by site: the busiest, and all others together.");
  for (const TrafficTable::Row& row : providers) {
    metrics.sample(row.counts.delivery, TrafficTable::kBounds, {"provider", row.name});
  }
  const Rows accounts = with_names(traffic.accounts.rows(), *relay.directory().snapshot());
  metrics.counter("postrider_account_accepted_recipients_total",
                  "Recipients of accepted messages, by account: the busiest, and all others.");
  for (const TrafficTable::Row& row : accounts) {
    metrics.sample(row.counts.accepted, {{"account", row.name}});
  }
  metrics.counter("postrider_account_attempts_total",
                  "Attempts at a recipient, by account: the busiest, and all others together.");
  write_attempts_by(metrics, "account", accounts);
  metrics.counter("postrider_tls_deliveries_total",
                  "Deliveries by the version of TLS; none: in the clear.");
  for (const TrafficTable::Row& row : traffic.tls.rows()) {
    metrics.sample(row.counts.of(Outcome::delivered), {{"version", row.name}});
  }
}

void write_lookups(MetricsText& metrics, const dns::LookupFigures& figures) {
  metrics.counter("postrider_dns_lookups_total",
                  "Look-ups that have ended, by their answer; cached ones among them.");
  metrics.sample(figures.found, {{"answer", "found"}});
  metrics.sample(figures.not_found, {{"answer", "not_found"}});
  metrics.sample(figures.failed, {{"answer", "failed"}});
  metrics.histogram("postrider_dns_lookup_seconds", "How long look-ups took.");
  metrics.sample(figures.took, dns::CountedResolver::kBounds);
}

}  // namespace postrider::http
