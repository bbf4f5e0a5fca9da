#include <algorithm>
#include <fstream>
#include <iostream>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "base/log.h"
#include "base/pattern.h"
#include "base/text.h"
#include "cli/command.h"
#include "cli/instance.h"
#include "cli/large_blocks.h"
#include "cli/processor.h"
#include "mail/address.h"
#include "net/network.h"
#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

namespace fs = std::filesystem;
namespace ip = boost::asio::ip;

struct SandboxOptions {
  std::uint16_t smtp_port = 0;
  std::vector<std::string> domains;
  std::vector<std::string> routes;
  std::string routes_file;
  std::string dkim = "both";
  bool test_clock = false;
};

constexpr const char* kAccount = "sandbox";
constexpr const char* kUser = "sandbox";

/// A directory of its own that goes when the sandbox ends.
class TemporaryDirectory {
 public:
  explicit TemporaryDirectory(fs::path path) : path_(std::move(path)) {}
  ~TemporaryDirectory() {
    std::error_code ignored;
    if (!path_.empty()) {
      fs::remove_all(path_, ignored);
    }
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;

  static Result<fs::path> make() {
    std::string pattern = (fs::temp_directory_path() / "postrider-sandbox-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) {
      return fail(Errc::unavailable, "making a temporary directory: " + pattern);
    }
    return fs::path(pattern);
  }

 private:
  fs::path path_;
};

/// "PATTERN=HOST:PORT"
Result<> add_route(std::string_view text, delivery::Options& delivery) {
  const auto equals = text.rfind('=');
  const auto colon = text.rfind(':');
  if (equals == std::string_view::npos || colon == std::string_view::npos || colon < equals) {
    return fail(Errc::invalid, "route '" + printable(text, 80) +
                                   "': write PATTERN=HOST:PORT, such as '*=127.0.0.1:2526'");
  }
  TRY(const std::string pattern, parse_pattern(trim(text.substr(0, equals))), "route");
  delivery::Route route;
  route.host = trim(text.substr(equals + 1, colon - equals - 1));
  if (route.host.starts_with('[') && route.host.ends_with(']')) {
    route.host = route.host.substr(1, route.host.size() - 2);
  }
  const std::string port(trim(text.substr(colon + 1)));
  char* end = nullptr;
  const unsigned long number = std::strtoul(port.c_str(), &end, 10);
  if (port.empty() || *end != '\0' || number == 0 || number > 65535 || route.host.empty()) {
    return fail(Errc::invalid,
                "route '" + printable(text, 80) + "': '" + printable(port, 20) + "' is not a port");
  }
  route.port = static_cast<std::uint16_t>(number);
  delivery.routes.set(pattern, route);
  return {};
}

Result<> add_routes(const SandboxOptions& wanted, delivery::Options& delivery) {
  if (!wanted.routes_file.empty()) {
    std::ifstream file(wanted.routes_file);
    if (!file) {
      return fail(Errc::invalid, "--routes " + wanted.routes_file + ": can't be read");
    }
    std::size_t number = 0;
    for (std::string line; std::getline(file, line);) {
      ++number;
      if (!trim(line).empty() && !trim(line).starts_with('#')) {
        TRY_VOID(add_route(trim(line), delivery),
                 wanted.routes_file + ":" + std::to_string(number));
      }
    }
  }
  for (const std::string& route : wanted.routes) {
    TRY_VOID(add_route(route, delivery), "--route");
  }
  return {};
}

/// Loopback and free ports only, whatever the defaults are.
Result<relay::Settings> settings_of(const Context& context, const SandboxOptions& wanted,
                                    const fs::path& data) {
  TRY(relay::Settings settings,
      relay::require_settings({.file = context.config, .overrides = context.set}));
  settings.data = data;
  const ip::address loopback = ip::address_v4::loopback();
  for (auto& [name, listener] : settings.listeners) {
    listener.endpoints = {{loopback, name == "smtp" ? wanted.smtp_port : std::uint16_t{0}}};
  }
  if (const auto smtp = settings.listeners.find("smtp"); smtp != settings.listeners.end()) {
    smtp->second.auth_in_clear = true;
    if (!smtp->second.auth_required) {
      TRY(const net::Network hosts, net::parse_network("127.0.0.0/8"));
      smtp->second.trusted.push_back({.network = hosts, .account = kAccount});
    }
  }
  settings.http = relay::Endpoint(loopback, 0);
  settings.links.endpoints = {relay::Endpoint(loopback, 0)};
  if (!settings.links.endpoints_in_clear.empty()) {
    settings.links.endpoints_in_clear = settings.links.endpoints;
  }
  settings.simulator.endpoint = relay::Endpoint(loopback, 0);
  TRY_VOID(add_routes(wanted, settings.delivery));
  return settings;
}

/// Nothing leaves this machine by mistake: only who brings a configuration, or says whom to ask in
/// DNS, has mail looked up there.
bool says_where_mail_goes(const Context& context) {
  return !context.config.empty() || std::ranges::any_of(context.set, [](const std::string& option) {
    return option.starts_with("dns.");
  });
}

Result<> write_password(const fs::path& file, const std::string& password) {
  std::error_code ignored;
  fs::remove(file, ignored);
  std::ofstream out(file);
  fs::permissions(file, fs::perms::owner_read | fs::perms::owner_write, ignored);
  out << password << "\n" << std::flush;
  if (!out) {
    return fail(Errc::unavailable, "writing " + file.string() + " failed");
  }
  return {};
}

/// The password of a sandbox that is kept lies in its directory (mode 0600): it is for tests. Where
/// the file has gone, a new one is made.
Result<std::string> keep_password(const fs::path& data, relay::Relay& relay, AccountId account) {
  directory::Directory& directory = relay.directory();
  const fs::path file = data / "sandbox-password";
  if (directory.snapshot()->credential(kUser) != nullptr) {
    std::string password;
    std::ifstream(file) >> password;
    if (!password.empty()) {
      return password;
    }
    TRY_VOID(directory.remove_credential(kUser));
  }
  TRY(const auto made, directory.add_credential(account, kUser, "", directory::Stream::automatic,
                                                relay.clock().now()));
  TRY_VOID(write_password(file, made.password));
  return made.password;
}

Result<std::vector<directory::DkimKey>> keys_for(const directory::Domain& domain,
                                                 const std::string& dkim) {
  std::vector<directory::DkimKey> keys;
  for (const directory::DkimKey& key : domain.keys) {
    const bool is_rsa = key.key->algorithm() == mail::DkimAlgorithm::rsa_sha256;
    if (dkim == "both" || (dkim == "rsa" && is_rsa) || (dkim == "ed25519" && !is_rsa)) {
      keys.push_back(key);
    }
  }
  return keys;
}

Result<> add_domain(relay::Relay& relay, AccountId account, const std::string& name,
                    const std::string& dkim) {
  directory::Directory& directory = relay.directory();
  TRY(const std::string domain, mail::parse_domain(name), "--domain " + name);
  if (directory.snapshot()->domain(domain) != nullptr) {
    return {};
  }
  TRY(const directory::Domain added,
      directory.add_domain(account, domain, true, relay.clock().now()));
  if (dkim != "both") {
    TRY(std::vector<directory::DkimKey> keys, keys_for(added, dkim));
    TRY_VOID(directory.set_keys(domain, std::move(keys)));
  }
  return {};
}

struct Ready {
  std::string password;
};

Result<Ready> prepare(relay::Relay& relay, const SandboxOptions& wanted, const fs::path& data) {
  directory::Directory& directory = relay.directory();
  const auto before = directory.snapshot();
  const directory::Account* known = before->account(kAccount);
  AccountId account = known == nullptr ? AccountId{} : known->id;
  if (known == nullptr) {
    TRY(const directory::Account added, directory.add_account(kAccount, relay.clock().now()));
    account = added.id;
  }
  for (const std::string& domain : wanted.domains) {
    TRY_VOID(add_domain(relay, account, domain, wanted.dkim));
  }
  TRY(std::string password, keep_password(data, relay, account));
  return Ready{.password = std::move(password)};
}

void print_ready(Instance& instance, const SandboxOptions& wanted, const Ready& ready,
                 const fs::path& data) {
  JsonText json;
  json.begin_object();
  for (const relay::ListeningOn& listening : instance.relay().listeners().listening()) {
    json.field(listening.name, net::to_string(listening.endpoint));
  }
  json.field("http", instance.http_endpoint());
  json.field("links", instance.link_endpoints().front());
  if (const auto in_clear = instance.link_endpoints_in_clear(); !in_clear.empty()) {
    json.field("links_in_clear", in_clear.front());
  }
  json.field("user", kUser);
  json.field("password", ready.password);
  json.begin_array("domains");
  for (const std::string& domain : wanted.domains) {
    json.value(domain);
  }
  json.end_array();
  json.field("data", data.string());
  json.field("pid", ::getpid());
  json.end_object();
  std::cout << json.take() << std::endl;
}

Result<int> run(Context& context, SandboxOptions& wanted) {
  fs::path data = context.data;
  fs::path temporary;
  if (data.empty()) {
    TRY(temporary, TemporaryDirectory::make());
    data = temporary;
  }
  const TemporaryDirectory cleanup(temporary);
  data = fs::absolute(data);
  TRY(const relay::Settings settings, settings_of(context, wanted, data));
  log::configure(settings.log);
  Ready ready;
  InstanceOptions options;
  options.test_clock = wanted.test_clock || fs::exists(data / "test-clock");
  options.simulator_takes_the_rest = !says_where_mail_goes(context);
  options.reread = [&] { return settings_of(context, wanted, data); };
  options.prepare = [&](relay::Relay& relay) -> Result<> {
    TRY(ready, prepare(relay, wanted, data));
    return {};
  };
  TRY(auto instance, Instance::start(settings, std::move(options)));
  print_ready(*instance, wanted, ready, data);
  return instance->run();
}

}  // namespace

void add_sandbox(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "sandbox", "Run a throwaway relay on loopback, for tests: prints one JSON line when ready");
  auto wanted = std::make_shared<SandboxOptions>();
  command->add_option("--smtp-port", wanted->smtp_port, "Port of `smtp` (default: a free one)");
  command->add_option("--domain", wanted->domains, "Sending domains, taken as verified")
      ->default_val(std::vector<std::string>{"example.org"});
  command->add_option("--route", wanted->routes,
                      "Where mail goes: PATTERN=HOST:PORT ('a.example', '*.a.example', '*'); the "
                      "most specific wins; to the simulator otherwise, or by MX with --config or "
                      "--set dns.KEY=VALUE");
  command->add_option("--routes", wanted->routes_file, "A file of such lines");
  command->add_option("--dkim", wanted->dkim, "Keys of new domains")
      ->check(CLI::IsMember({"none", "rsa", "ed25519", "both"}));
  command->add_flag("--test-clock", wanted->test_clock,
                    "A clock that only `postrider clock advance` moves");
  command->footer(
      "With --data DIR the directory is kept, and on an existing one the account, its "
      "password, keys and test clock are those kept there. Ends at SIGTERM.");
  command->callback([&context, wanted] {
    start_again_where_rsa_is_faster(context.arguments);
    return_large_blocks();
    const Result<int> exit = run(context, *wanted);
    if (exit) {
      context.exit = *exit;
    } else {
      complain(context, exit.error());
    }
  });
}

}  // namespace postrider::cli
