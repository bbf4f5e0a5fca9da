#include <algorithm>
#include <chrono>

#include "bounce/rule_check.h"
#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

void read_http(Section section, Settings& settings) {
  section.read("listen", optional_of(endpoint()), settings.http);
  if (settings.http) {
    complain_if_taken(section, "listen", *settings.http, settings);
  }
}

void read_spool(Section section, SpoolSettings& spool) {
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  section.read("free_space_min", size(0, kMost), spool.free_bytes_min);
  section.read("memory", size(8 << 20, kMost), spool.memory_bytes);
  section.read("compress", flag(), spool.compress);
}

void read_log(Section section, log::Options& log) {
  section.read("level", choice<log::Level>({"debug", "info", "warning", "error"}), log.level);
  section.read("format", choice<log::Format>({"text", "json"}), log.format);
}

void read_simulator(Section section, Settings& settings) {
  SimulatorSettings& simulator = settings.simulator;
  section.read("enabled", flag(), simulator.is_enabled);
  section.read("listen", endpoint(), simulator.endpoint);
  // It takes mail for anybody from anybody and keeps none of it.
  if (!simulator.endpoint.address().is_loopback()) {
    section.complain("listen", "is not a loopback address; write one, such as \"127.0.0.1:2529\"");
  }
  if (simulator.is_enabled) {
    complain_if_taken(section, "listen", simulator.endpoint, settings);
    if (settings.http == simulator.endpoint && simulator.endpoint.port() != 0) {
      section.complain("listen", "is http.listen too; write another port");
    }
  }
}

void read_bounce(Section section, Settings& settings) {
  section.read("rules", path(), settings.bounce_rules);
  if (settings.bounce_rules.empty()) {
    return;
  }
  if (const auto checked = bounce::load_checked(settings.bounce_rules); !checked) {
    section.complain("rules", checked.error().text());
  }
}

void read_inbound(Section section, InboundSettings& inbound) {
  section.read("postmaster", optional_of(mail_address()), inbound.postmaster);
  section.read("abuse", optional_of(mail_address()), inbound.abuse);
}

void read_webhook(Section section, webhook::Options& webhook) {
  using namespace std::chrono_literals;
  section.read("allow_networks", list_of(network()), webhook.allow_networks);
  section.read("answer_timeout", duration(1s, 2min), webhook.answer_within);
  section.read("requests_max", whole(1, 64), webhook.requests_max);
  section.read("log_for", duration(1h, 24h * 400), webhook.log_for);
}

void read_suppression(Section section, suppression::SoftBounceLimit& limit) {
  section.read("soft_bounces", whole(0, 1000), limit.count);
  section.read("soft_bounces_over",
               duration(Duration(0), std::chrono::duration_cast<Duration>(std::chrono::days(365))),
               limit.over);
}

void read_health(Section section, health::Limits& limits) {
  section.read("bounces_warn", real(0, 100), limits.bounces_warn);
  section.read("bounces_pause", real(0, 100), limits.bounces_pause);
  section.read("complaints_warn", real(0, 100), limits.complaints_warn);
  section.read("complaints_pause", real(0, 100), limits.complaints_pause);
  section.read("volume_min", whole(1, 1'000'000'000), limits.volume_min);
  section.read("complaints_min", whole(1, 1'000'000'000), limits.complaints_min);
  const auto compare = [&](const char* warn, double from, const char* pause, double to) {
    if (from > 0 && to > 0 && from > to) {
      section.complain(warn, std::string("is more than health.") + pause +
                                 ", which comes first then; write less, or 0 for no warning");
    }
  };
  compare("bounces_warn", limits.bounces_warn, "bounces_pause", limits.bounces_pause);
  compare("complaints_warn", limits.complaints_warn, "complaints_pause", limits.complaints_pause);
}

void read_retention(Section section, retention::Options& retention) {
  using namespace std::chrono_literals;
  constexpr std::uint64_t kMost = std::uint64_t{1} << 50;
  section.read("events_min", duration(24h, 24h * 3650), retention.events_min);
  section.read("events_max", duration(24h, 24h * 3650), retention.events_max);
  section.read("events_budget", size(1 << 20, kMost), retention.events_budget_bytes);
  section.read("counters", duration(24h, 24h * 36500), retention.counters);
  section.read("messages", duration(Duration(0), retention::kContentMost), retention.content);
  if (retention.events_max < retention.events_min) {
    section.complain("events_max",
                     "is less than retention.events_min; write at least as much as that");
  }
}

}  // namespace

// After the listeners, whose endpoints it must not take.
void read_services(Section& root, Settings& settings) {
  read_http(root.section("http"), settings);
  read_log(root.section("log"), settings.log);
  read_spool(root.section("spool"), settings.spool);
  read_links(root, settings);
  read_simulator(root.section("simulator"), settings);
  read_bounce(root.section("bounce"), settings);
  read_inbound(root.section("inbound"), settings.inbound);
  read_webhook(root.section("webhook"), settings.webhook);
  read_suppression(root.section("suppression"), settings.soft_bounces);
  read_health(root.section("health"), settings.health);
  read_retention(root.section("retention"), settings.retention);
}

}  // namespace postrider::relay
