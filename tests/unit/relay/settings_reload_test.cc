#include "relay/settings_reload.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

#include "relay/settings_toml.h"

namespace postrider::relay {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

struct Row {
  std::string option;
  std::string value;
  bool waits_for_restart;
};

/// One option at least of each section; all of those that are read at the start only.
const std::vector<Row>& rows() {
  static const std::vector<Row> all{
      {"data", "'/elsewhere'", true},
      {"hostname", "'other.example'", true},
      {"return_path_domain", "'bounces.example'", true},
      {"threads", "7", true},
      {"listener.smtp.recipients_max", "5", false},
      {"listener.smtp.auth_in_clear", "true", false},
      {"limits.errors_max", "5", false},
      {"limits.timeouts.command", "'7s'", false},
      {"auth.remember", "'1s'", true},
      {"auth.familiar", "'1s'", true},
      {"auth.window", "'1s'", true},
      {"auth.failures_by_address_max", "1", true},
      {"auth.failures_by_user_max", "1", true},
      {"http.listen", "'127.0.0.1:1'", true},
      {"log.level", "'debug'", false},
      {"spool.free_space_min", "1", true},
      {"spool.memory", "'9MiB'", true},
      {"dns.forwarders", "['192.0.2.1']", true},
      {"dns.use_system_resolvers", "false", true},
      {"dns.stubs", "{'a.test' = '127.0.0.1'}", true},
      {"dns.trust_anchor", "'/dev/null'", true},
      {"dns.timeout", "'7s'", true},
      {"delivery.connections", "3", false},
      {"delivery.port", "2525", false},
      {"delivery.timeouts.dot", "'7s'", false},
      {"delivery.fresh_memory", "1", true},
      {"route", "[{domain = '*', host = '127.0.0.1'}]", false},
      {"site", "[{domain = '*', connections = 1}]", false},
      {"retry.waits", "['7m']", false},
      {"inbound.postmaster", "'ops@example.com'", false},
      {"bounce.rules", "'/dev/null'", false},
      {"links.listen", "['127.0.0.1:1']", true},
      {"links.tls", "true", true},
      {"links.listen_in_clear", "['127.0.0.1:1']", true},
      {"links.public", "['links.example']", true},
      {"links.hosts", "['links.example']", false},
      {"links.proxy_from", "['192.0.2.1']", false},
      {"links.address", "'none'", true},
      {"links.keep", "'7d'", true},
      {"links.apple_app_site_association", "'/dev/null'", false},
      {"links.asset_links", "'/dev/null'", false},
      {"acme.contact", "['ops@example.com']", false},
      {"suppression.soft_bounces", "3", false},
      {"suppression.soft_bounces_over", "'2d'", false},
      {"health.bounces_pause", "20", false},
      {"retention.events_max", "'100d'", false},
      {"retention.messages", "'2d'", false},
      {"simulator.enabled", "false", true},
      {"simulator.listen", "'127.0.0.1:1'", true},
      {"webhook.allow_networks", "['10.0.0.0/8']", false},
      {"webhook.answer_timeout", "'7s'", false},
      {"webhook.requests_max", "7", false},
      {"webhook.log_for", "'7h'", false},
  };
  return all;
}

Settings settings_with(std::vector<std::string> overrides) {
  overrides.insert(overrides.begin(), {"hostname=relay.example", "return_path_domain=rp.example"});
  return require_settings({.file = {}, .overrides = std::move(overrides)}).value();
}

TEST(SettingsReload, WhatIsReadAtTheStartOnlyIsNamedAndKept) {
  const Settings running = settings_with({});
  for (const Row& row : rows()) {
    Settings wanted = settings_with({row.option + "=" + row.value});
    const auto named = keep_until_restart(running, wanted);
    if (!row.waits_for_restart) {
      EXPECT_THAT(named, IsEmpty()) << row.option;
      continue;
    }
    EXPECT_THAT(named, ElementsAre(row.option));
    EXPECT_THAT(keep_until_restart(running, wanted), IsEmpty()) << row.option << " was not kept";
  }
}

TEST(SettingsReload, EverySectionIsTried) {
  std::set<std::string> sections;
  for (const Row& row : rows()) {
    sections.insert(row.option.substr(0, row.option.find('.')));
  }
  sections.insert("tls");     // needs files: tests/blackbox/test_reload.py
  sections.insert("export");  // settings_export_test.cc
  for (const std::string& key : setting_keys()) {
    EXPECT_TRUE(sections.contains(key.substr(0, key.find_first_of(".[")))) << key;
  }
}

// Half a new name would greet by one and introduce itself by another.
TEST(SettingsReload, WhatFollowsFromANameIsKeptWithIt) {
  const Settings running = settings_with({});
  Settings wanted = settings_with({"hostname=new.example", "return_path_domain=other.example"});
  EXPECT_THAT(keep_until_restart(running, wanted), ElementsAre("hostname", "return_path_domain"));
  EXPECT_EQ(wanted.delivery.hostname, "relay.example");
  EXPECT_THAT(wanted.delivery.mx.own_names, ElementsAre("relay.example", "rp.example"));
  EXPECT_EQ(server_options(wanted, wanted.listeners.at("smtp")).hostname, "relay.example");
}

}  // namespace
}  // namespace postrider::relay
