#include "relay/settings_toml.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/tls.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

class WithFolder : public testing::Test {
 protected:
  WithFolder() {
    std::string form = (std::filesystem::temp_directory_path() / "postrider-XXXXXX").string();
    folder = ::mkdtemp(form.data());
  }
  ~WithFolder() override { std::filesystem::remove_all(folder); }

  std::filesystem::path write(const std::string& text) {
    const std::filesystem::path file = folder / "x.toml";
    std::ofstream(file) << text;
    return file;
  }
  LoadedSettings load(const std::string& text, std::vector<std::string> overrides = {}) {
    return load_settings({.file = write(text), .overrides = std::move(overrides)});
  }
  /// "12:8: limits.errors_max: ...", without the file's name.
  std::vector<std::string> problems(const std::string& text,
                                    std::vector<std::string> overrides = {}) {
    const std::string prefix = (folder / "x.toml").string() + ":";
    std::vector<std::string> lines;
    for (const Problem& problem : load(text, std::move(overrides)).problems) {
      const std::string line = to_string(problem);
      lines.push_back(line.starts_with(prefix) ? line.substr(prefix.size()) : line);
    }
    return lines;
  }
  Settings good(const std::string& text, std::vector<std::string> overrides = {}) {
    const LoadedSettings loaded = load(text, std::move(overrides));
    for (const Problem& problem : loaded.problems) {
      ADD_FAILURE() << to_string(problem);
    }
    return loaded.settings;
  }

  std::filesystem::path folder;
};
using SettingsToml = WithFolder;

TEST_F(SettingsToml, APasswordGoesUnderTlsUnlessSomebodySaysOtherwise) {
  const std::string route = "[[route]]\ndomain='*'\nhost='h'\n";
  const std::string login = route + "user='u'\npassword='p'\n";
  const auto tls_of = [&](const std::string& text) {
    return good(text).delivery.routes.find("a.test")->tls;
  };
  EXPECT_EQ(tls_of(route), std::nullopt);
  EXPECT_EQ(tls_of(login), delivery::TlsPolicy::required);
  EXPECT_EQ(tls_of(login + "tls='verified'"), delivery::TlsPolicy::verified);
  EXPECT_EQ(tls_of(login + "allow_clear_auth=true"), std::nullopt);
  EXPECT_EQ(tls_of(login + "allow_clear_auth=true\ntls='none'"), delivery::TlsPolicy::none);
  EXPECT_EQ(tls_of(login + "implicit_tls=true\ntls='opportunistic'"),
            delivery::TlsPolicy::opportunistic);
}

TEST_F(SettingsToml, EmptyFileGivesTheDefaults) {
  const Settings settings = good("");
  EXPECT_EQ(settings.data, "/var/lib/postrider");
  EXPECT_FALSE(settings.hostname.empty());
  EXPECT_EQ(settings.return_path_domain, settings.hostname);
  EXPECT_EQ(settings.delivery.hostname, settings.hostname);
  ASSERT_THAT(settings.listeners, SizeIs(3));
  EXPECT_EQ(settings.listeners.at("smtps").tls, ListenerTls::implicit);
  EXPECT_EQ(settings.listeners.at("inbound").kind, ListenerKind::inbound);
  for (const auto& [name, listener] : settings.listeners) {
    EXPECT_EQ(listener.auth_required, listener.kind == ListenerKind::submission);
    EXPECT_FALSE(listener.auth_in_clear);
    for (const Endpoint& endpoint : listener.endpoints) {
      EXPECT_TRUE(endpoint.address().is_loopback()) << net::to_string(endpoint);
    }
  }
}

TEST_F(SettingsToml, NoFileGivesTheDefaultsToo) {
  const LoadedSettings loaded = load_settings({.file = {}, .overrides = {"log.level=debug"}});
  EXPECT_THAT(loaded.problems, IsEmpty());
  EXPECT_EQ(loaded.settings.log.level, log::Level::debug);
}

TEST_F(SettingsToml, EverythingThatCanBeSaidArrives) {
  const Settings settings = good(R"(
data = "/srv/mail"
hostname = "Relay.Example.COM"
return_path_domain = "rp.example.com"
threads = 3
[listener.smtp]
enabled = false
[listener.mx]
listen = "0.0.0.0:25"
tls_required = true
trusted = { "10.0.0.0/8" = "shop", "192.0.2.7" = "post" }
proxy_from = "10.0.0.5"
message_size_max = 2048
recipients_max = 7
[limits]
sessions_max = 11
timeouts.command = "90s"
[auth]
remember = "0s"
[http]
listen = ""
[log]
format = "json"
[spool]
memory = "1GiB"
[dns]
forwarders = ["192.0.2.53", "2001:db8::53@5353"]
stubs = { "corp.test" = "127.0.0.1@5300", "." = "127.0.0.1@5301" }
[delivery]
messages_per_second = 2.5
source_v4 = "192.0.2.1"
allowed_networks = ["127.0.0.0/8"]
timeouts.dot = "20m"
[[route]]
domain = "*.Corp.test"
host = "127.0.0.1"
port = 2526
tls = "verified"
user = "us"
password = "secret"
[[route]]
account = "shop"
host = "smart.example"
[[site]]
domain = "example.net"
connections = 2
[[site]]
mx = "*.mail.test"
tls = "required"
[retry]
waits = ["2m", "4m"]
[[retry.rule]]
domain = "*"
expire_after = "1h"
[simulator]
enabled = false
)");
  EXPECT_EQ(settings.data, "/srv/mail");
  EXPECT_EQ(settings.hostname, "relay.example.com");
  EXPECT_THAT(settings.delivery.mx.own_names, ElementsAre("relay.example.com", "rp.example.com"));
  EXPECT_EQ(settings.threads, 3U);
  ASSERT_THAT(settings.listeners, SizeIs(3));
  const ListenerSettings& mx = settings.listeners.at("mx");
  EXPECT_EQ(net::to_string(mx.endpoints.at(0)), "0.0.0.0:25");
  EXPECT_EQ(mx.trusted.at(0).account, "shop");
  EXPECT_EQ(mx.trusted.at(1).network.prefix, 32U);
  EXPECT_EQ(mx.proxy_from.size(), 1U);
  const smtp::ServerOptions options = server_options(settings, mx);
  EXPECT_EQ(options.message_bytes_max, 2048U);
  EXPECT_EQ(options.recipients_max, 7U);
  EXPECT_TRUE(options.tls_required);
  EXPECT_FALSE(options.implicit_tls);
  EXPECT_EQ(options.timeouts.command, 90s);
  EXPECT_EQ(options.hostname, "relay.example.com");
  EXPECT_EQ(settings.limits.sessions_max, 11U);
  EXPECT_EQ(settings.auth.remember, 0s);
  EXPECT_FALSE(settings.http.has_value());
  EXPECT_EQ(settings.log.format, log::Format::json);
  EXPECT_EQ(settings.spool.memory_bytes, std::uint64_t{1} << 30);
  EXPECT_THAT(settings.dns.forwarders, ElementsAre("192.0.2.53", "2001:db8::53@5353"));
  ASSERT_THAT(settings.dns.stubs, SizeIs(2));
  EXPECT_EQ(settings.dns.stubs[0].zone, "corp.test");
  const delivery::Options& delivery = settings.delivery;
  EXPECT_EQ(delivery.default_limits.messages_per_second, 2.5);
  EXPECT_EQ(delivery.source_v4->to_string(), "192.0.2.1");
  EXPECT_EQ(delivery.mx.allowed_networks.size(), 1U);
  EXPECT_EQ(delivery.timeouts.dot, 20min);
  const delivery::Route* route = delivery.routes.find("a.corp.test");
  ASSERT_NE(route, nullptr);
  EXPECT_EQ(route->port, 2526);
  EXPECT_EQ(route->tls, delivery::TlsPolicy::verified);
  EXPECT_EQ(route->password, "secret");
  EXPECT_EQ(delivery.account_routes.at(0).second.host, "smart.example");
  EXPECT_EQ(delivery.domain_rules.find("example.net")->connections, 2U);
  EXPECT_FALSE(delivery.domain_rules.find("example.net")->tls.has_value());
  EXPECT_EQ(delivery.mx_rules.find("a.mail.test")->tls, delivery::TlsPolicy::required);
  const Time now{};
  EXPECT_EQ(delivery.default_retry.expires(now), now + 120h);
  EXPECT_EQ(delivery.retry.find("x.test")->expires(now), now + 1h);
  EXPECT_EQ(delivery.retry.find("x.test")->next_attempt(now, now, 1, 0x80000000), now + 2min);
  EXPECT_FALSE(settings.simulator.is_enabled);
}

struct Row {
  const char* name;
  const char* text;
  const char* problem;  ///< a part of the only one
};
class Mistake : public WithFolder, public testing::WithParamInterface<Row> {};

TEST_P(Mistake, IsReportedOnceWithItsPlaceAndWhatToWrite) {
  EXPECT_THAT(problems(GetParam().text), ElementsAre(HasSubstr(GetParam().problem)));
}

INSTANTIATE_TEST_SUITE_P(
    SettingsToml, Mistake,
    testing::Values(
        Row{"Syntax", "[limits\nx=1", "1:8: not TOML: "},
        Row{"SameKeyTwice", "threads=1\nthreads=2", "2:9: not TOML: "},
        Row{"UnknownKey", "[limits]\n  eror_max = 5",
            "2:3: limits.eror_max: there is no such option; did you mean limits.errors_max?"},
        Row{"UnknownKeyNotLikeAny", "[limits]\nsquirrel = 5",
            "2:1: limits.squirrel: there is no such "
            "option; see config/postrider.toml"},
        Row{"BeginningOfAKey", "[limits]\nerrors = 5", "did you mean limits.errors_max?"},
        Row{"UnknownSection", "[limit]\nerrors_max = 5",
            "1:2: limit: there is no such option; did you "
            "mean limits?"},
        Row{"UnknownKeyInAList", "[[route]]\ndomain='*'\nhost='h'\nprot=25",
            "4:1: route[0].prot: there "
            "is no such option; did you mean route[0].port?"},
        Row{"NotASection", "limits = 5",
            "1:10: limits: is a whole number; write a section: [limits]"},
        Row{"NotAListOfTables", "[route]\nhost='x'",
            "route: is a table; write a list of tables: "
            "[[route]]"},
        Row{"WrongType", "threads = \"many\"",
            "1:11: threads: is a string; write a whole number from 0 "
            "to 256"},
        Row{"BooleanInQuotes", "listener.smtp.enabled = 'no'", "is a string; write true or false"},
        Row{"OutOfRange", "[limits]\nerrors_max = 0",
            "2:14: limits.errors_max: 0 is out of range; write "
            "a whole number from 1 to 1000"},
        Row{"NotANumber", "delivery.messages_per_second = nan", "nan is out of range"},
        Row{"DurationWithoutUnit", "auth.window = 15",
            "1:15: auth.window: is a whole number; write a "
            "duration with its unit"},
        Row{"DurationOutOfRange", "auth.window = '2d'",
            "'2d' is out of range; write a value from \"1s\" "
            "to \"1d\""},
        Row{"BadDuration", "auth.window = '5 minutes'", "is not a duration"},
        Row{"BadSize", "listener.smtp.message_size_max = '25 megs'", "is not a size"},
        Row{"SizeOutOfRange", "listener.smtp.message_size_max = '2GiB'",
            "write a value from \"1KiB\" to "
            "\"1GiB\""},
        Row{"NegativeSize", "spool.memory = -1", "write a size"},
        Row{"BadChoice", "log.level = 'loud'",
            "1:13: log.level: 'loud' is not among its values; write "
            "\"debug\", \"info\", \"warning\" or \"error\""},
        Row{"BadEndpoint", "http.listen = 'localhost:80'",
            "1:15: http.listen: 'localhost:80' is not an "
            "address and port"},
        Row{"BadElement", "delivery.allowed_networks = ['10.0.0.0/8',\n '10.0.0.0/99']",
            "2:2: "
            "delivery.allowed_networks: '10.0.0.0/99' is not a network"},
        Row{"BadHostname", "hostname = 'not a name'",
            "hostname: 'not a name' is not a domain name"},
        Row{"RelativePath", "data = 'spool'", "is a relative path; write the whole of it"},
        Row{"NoData", "data = ''", "1:8: data: is empty"},
        Row{"WrongFamily", "delivery.source_v4 = '::1'", "write it as \"192.0.2.1\""},
        Row{"BadNameServer", "dns.forwarders = ['ns.example']", "is not a name server"},
        Row{"BadNameServerPort", "dns.forwarders = ['192.0.2.1@0']", "is not a name server"},
        Row{"NewListenerWithoutListen", "[listener.x]",
            "1:1: listener.x.listen: is missing; write where "
            "to listen"},
        Row{"NobodyCouldLogIn", "[listener.smtp]\ntls='none'",
            "listener.smtp.auth_required: nobody "
            "could log in"},
        Row{"TlsRequiredButNotOffered",
            "[listener.smtp]\ntls='none'\nauth_required=false\n"
            "tls_required=true",
            "4:14: listener.smtp.tls_required: asks for TLS"},
        Row{"OpenRelay", "[listener.smtp]\ntrusted = {'0.0.0.0/0'='shop'}",
            "2:11: "
            "listener.smtp.trusted: names the whole Internet"},
        Row{"ProxyFromEverywhere", "[listener.smtp]\nproxy_from = ['10.0.0.0/8', '::/0']",
            "listener.smtp.proxy_from: names the whole Internet"},
        Row{"XclientFromEverywhere", "[listener.smtp]\nxclient_from = '0.0.0.0/0'",
            "listener.smtp.xclient_from: names the whole Internet"},
        Row{"TrustedAsNobody", "[listener.smtp]\ntrusted = {'10.0.0.0/8'='A b'}",
            "is not the name of an "
            "account"},
        Row{"ListenerTwice", "[listener.x]\nlisten='127.0.0.1:2525'",
            "2:8: listener.x.listen: "
            "127.0.0.1:2525 is listened on already, by listener.smtp"},
        Row{"HttpOnAListener", "http.listen='127.0.0.1:2465'",
            "1:13: http.listen: 127.0.0.1:2465 is "
            "listened on already, by listener.smtps"},
        Row{"SimulatorOnHttp", "simulator.listen='127.0.0.1:8025'", "is http.listen too"},
        Row{"PostmasterWithoutADomain", "inbound.postmaster='ops'", "1:20: inbound.postmaster: "},
        Row{"InboundWithTrust", "[listener.inbound]\ntrusted = {'10.0.0.0/8'='shop'}",
            "listener.inbound.trusted: is of submission only"},
        Row{"InboundWithLogin", "[listener.inbound]\nauth_in_clear = true",
            "listener.inbound.auth_in_clear: is of submission only"},
        Row{"InboundWithTlsFromTheStart", "[listener.inbound]\ntls = 'implicit'",
            "listener.inbound.tls: mail servers begin without TLS"},
        Row{"PublicSimulator", "simulator.listen='0.0.0.0:2529'", "is not a loopback address"},
        Row{"KeyWithoutCertificate", "[tls]\nkey='/x.pem'",
            "tls.certificate: is missing; write the "
            "paths of both"},
        Row{"CertificateThatIsNotThere",
            "[tls]\ncertificate='/nowhere/c.pem'\nkey='/nowhere/k.pem'",
            "2:13: tls.certificate: certificate /nowhere/c.pem: "},
        Row{"TrustAnchorThatIsNotThere", "dns.trust_anchor = '/nowhere/root.key'",
            "cannot read "
            "/nowhere/root.key"},
        Row{"NameThatCannotBeShown", "[listener.\"a\\u001B\"]",
            "1:1: listener.a?.listen: is missing"},
        Row{"PathThatCannotBeShown", "[tls]\ncertificate=\"/\\u001B\"\nkey='/k'",
            "2:13: tls.certificate: certificate /?: "},
        Row{"LinesTooShort", "limits.line_bytes_max = 100",
            "would refuse lines that RFC 5322 allows"},
        Row{"HeadersTooShort", "limits.header_bytes_max = 1000",
            "would refuse headers that clients write"},
        Row{"NoAddressFamily", "delivery.use_ipv4=false\ndelivery.use_ipv6=false",
            "nothing could be "
            "delivered"},
        Row{"RouteForNobody", "[[route]]\nhost='h'",
            "1:1: route[0].domain: is missing; write domain or "
            "account"},
        Row{"RouteForBoth", "[[route]]\nhost='h'\ndomain='*'\naccount='a'",
            "4:9: route[0].account: stands "
            "beside domain"},
        Row{"RouteToNowhere", "[[route]]\ndomain='*'", "route[0].host: must be the name of a host"},
        Row{"RouteTwice",
            "[[route]]\ndomain='a.test'\nhost='h'\n[[route]]\ndomain='A.test'\nhost='h'",
            "5:8: route[1].domain: \"a.test\" has a table already"},
        Row{"UserWithoutPassword", "[[route]]\ndomain='*'\nhost='h'\nuser='u'",
            "route[0].password: is "
            "missing"},
        Row{"PasswordThatMayGoInTheClear",
            "[[route]]\ndomain='*'\nhost='h'\nuser='u'\npassword='p'\ntls='opportunistic'",
            "6:5: route[0].tls: may send the password in the clear"},
        Row{"PasswordThatGoesInTheClear",
            "[[route]]\ndomain='*'\nhost='h'\nuser='u'\npassword='p'\ntls='none'",
            "6:5: route[0].tls: may send the password in the clear"},
        Row{"BadPattern", "[[site]]\nmx='mail.*'",
            "2:4: site[0].mx: 'mail.*' is not a domain pattern"},
        Row{"SiteTwice", "[[site]]\nmx='*'\n[[site]]\nmx='*'",
            "4:4: site[1].mx: \"*\" has a table"},
        Row{"NoWaits", "retry.waits = []", "1:15: retry.waits: retry.waits is empty"},
        Row{"ExpiresBeforeTheFirstRetry", "[retry]\nwaits=['1h']\nexpire_after='1m'",
            "3:14: "
            "retry.expire_after: "},
        Row{"RetryRuleForNobody", "[[retry.rule]]\nwaits=['1h']",
            "retry.rule[0].domain: is missing"},
        Row{"RetryRuleTwice", "[[retry.rule]]\ndomain='*'\n[[retry.rule]]\ndomain='*'",
            "has a rule "
            "already"},
        Row{"Jitter", "retry.jitter = 1",
            "retry.jitter: 1 is out of range; write a number from 0 to 0.9"},
        Row{"DateWhereNoneBelongs", "hostname = 2024-01-01", "is a date; write a domain name"}),
    [](const auto& row) { return row.param.name; });

TEST_F(SettingsToml, AllMistakesAreReportedInTheOrderOfTheFile) {
  EXPECT_THAT(problems("threads = -1\n"
                       "[limits]\n"
                       "hop_max = 5\n"
                       "errors_max = 'x'\n"
                       "[log]\n"
                       "level = 'x'\n",
                       {"log.format=xml", "limits.sessions_max"}),
              ElementsAre(HasSubstr("1:11: threads"), HasSubstr("3:1: limits.hop_max"),
                          HasSubstr("4:14: limits.errors_max"), HasSubstr("6:9: log.level"),
                          HasSubstr("--set limits.sessions_max: write KEY=VALUE"),
                          HasSubstr("--set log.format=xml: log.format: 'xml' is not among")));
}

TEST_F(SettingsToml, MissingFileIsAProblemWithTheSystemsReason) {
  const LoadedSettings loaded = load_settings({.file = folder / "none.toml", .overrides = {}});
  ASSERT_THAT(loaded.problems, SizeIs(1));
  EXPECT_THAT(to_string(loaded.problems[0]),
              HasSubstr("none.toml: cannot read the configuration: No "
                        "such file or directory"));
  const LoadedSettings of_folder = load_settings({.file = folder, .overrides = {}});
  ASSERT_THAT(of_folder.problems, SizeIs(1));
  EXPECT_THAT(to_string(of_folder.problems[0]), HasSubstr("Is a directory"));
}

TEST_F(SettingsToml, MistakeLeavesTheDefault) {
  EXPECT_EQ(load("limits.errors_max = 0").settings.limits.errors_max, 20U);
}

TEST_F(SettingsToml, CertificateAndKeyMustBelongTogether) {
  const auto make = [&](const char* name) {
    ASSERT_TRUE(net::write_self_signed("a.test", folder / (std::string(name) + ".crt"),
                                       folder / (std::string(name) + ".key")));
  };
  make("a");
  make("b");
  const auto with = [&](const char* key) {
    return "[tls]\ncertificate = '" + (folder / "a.crt").string() + "'\nkey = '" +
           (folder / key).string() + "'";
  };
  const Settings settings = good(with("a.key"));
  EXPECT_EQ(tls_files(settings).certificate, folder / "a.crt");
  EXPECT_THAT(problems(with("b.key")), ElementsAre(HasSubstr("tls.certificate: key ")));
  EXPECT_EQ(tls_files(good("")).key, "/var/lib/postrider/key.pem");
}

TEST_F(SettingsToml, OverridesWinAndJoinTables) {
  const Settings settings = good(
      "[limits]\nerrors_max = 5\nhops_max = 6\n[delivery]\nallowed_networks=['10.0.0.0/8']",
      {"limits.errors_max=7", "limits.errors_max=8", "log.level=debug",
       "limits.timeouts.command=30s", "listener.smtp.listen=127.0.0.1:0",
       "listener.smtp.trusted={\"127.0.0.0/8\"=\"shop\"}", "retry.waits=[\"1m\", '2m']",
       "delivery.allowed_networks=127.0.0.0/8", "hostname = relay.test",
       "route=[{domain=\"*\",host=\"127.0.0.1\",port=2526}]", "dns.stubs.\"a.test\"=127.0.0.1@53"});
  EXPECT_EQ(settings.limits.errors_max, 8U);
  EXPECT_EQ(settings.limits.hops_max, 6U);
  EXPECT_EQ(settings.log.level, log::Level::debug);
  EXPECT_EQ(settings.limits.timeouts.command, 30s);
  EXPECT_THAT(settings.listeners, SizeIs(3));
  EXPECT_EQ(settings.listeners.at("smtp").endpoints,
            std::vector<Endpoint>{Endpoint(boost::asio::ip::address_v4::loopback(), 0)});
  EXPECT_EQ(settings.listeners.at("smtp").trusted.at(0).account, "shop");
  ASSERT_EQ(settings.delivery.mx.allowed_networks.size(), 1U);
  EXPECT_EQ(settings.delivery.mx.allowed_networks[0].base.to_string(), "127.0.0.0");
  EXPECT_EQ(settings.hostname, "relay.test");
  EXPECT_EQ(settings.delivery.routes.find("x.test")->port, 2526);
  EXPECT_EQ(settings.dns.stubs.at(0).server, "127.0.0.1@53");
}

TEST_F(SettingsToml, OverrideIsCheckedLikeTheFile) {
  EXPECT_THAT(
      problems("", {"limits.errors_max=0"}),
      ElementsAre("--set limits.errors_max=0: limits.errors_max: 0 is out of range; write a "
                  "whole number from 1 to 1000"));
  EXPECT_THAT(problems("", {"limit.errors_max=5"}), ElementsAre(HasSubstr("did you mean limits?")));
  EXPECT_THAT(problems("", {"=5"}), ElementsAre(HasSubstr("write KEY=VALUE")));
  EXPECT_THAT(problems("", {"a b=5"}), ElementsAre(HasSubstr("--set a b=5: not TOML")));
  EXPECT_THAT(problems("", {"hostname='a.test'\nthreads=2"}),
              ElementsAre(HasSubstr("hostname: ''a.test'?threads=2' is not a domain name")));
}

TEST_F(SettingsToml, RequireGivesAllLinesOrTheSettings) {
  const auto bad = require_settings({.file = write("threads = -1\nx = 1"), .overrides = {}});
  ASSERT_FALSE(bad);
  EXPECT_EQ(bad.error().code(), Errc::invalid);
  EXPECT_THAT(bad.error().text(), HasSubstr("x.toml:1:11: threads"));
  EXPECT_THAT(bad.error().text(), HasSubstr("\n" + (folder / "x.toml").string() + ":2:1: x: "));
  EXPECT_TRUE(require_settings({}));
}

TEST_F(SettingsToml, PasswordIsNotAmongTheValues) {
  const LoadedSettings loaded =
      load("[[route]]\ndomain='*'\nhost='h'\nuser='u'\npassword='hunter2!'");
  EXPECT_THAT(loaded.problems, IsEmpty());
  for (const SettingValue& value : loaded.values) {
    EXPECT_THAT(value.value, testing::Not(HasSubstr("hunter2")));
  }
}

}  // namespace
}  // namespace postrider::relay
