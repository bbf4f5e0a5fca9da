#include <fmt/format.h>
#include <iostream>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/log.h"
#include "cli/command.h"
#include "cli/first_start.h"
#include "cli/instance.h"
#include "cli/large_blocks.h"
#include "cli/processor.h"
#include "net/network.h"
#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

Result<relay::Settings> read_settings(const Context& context) {
  TRY(relay::Settings settings,
      relay::require_settings({.file = config_file(context), .overrides = context.set}));
  if (!context.data.empty()) {
    settings.data = context.data;
  }
  settings.data = std::filesystem::absolute(settings.data);
  return settings;
}

std::string_view words_for(relay::ListenerTls tls) {
  switch (tls) {
    case relay::ListenerTls::none:
      return "no TLS";
    case relay::ListenerTls::starttls:
      return "STARTTLS";
    case relay::ListenerTls::implicit:
      return "TLS from the start";
  }
  return "";
}

/// The first listener in the clear with STARTTLS: what the example uses.
std::string example_endpoint(const relay::Relay& relay) {
  for (const relay::ListeningOn& listening : relay.listeners().listening()) {
    if (listening.kind == relay::ListenerKind::submission &&
        listening.tls == relay::ListenerTls::starttls) {
      return net::to_string(listening.endpoint);
    }
  }
  return "";
}

std::string example_line(const std::string& endpoint, const FirstLogin& login,
                         const std::string& to) {
  return fmt::format(
      "  printf 'From: hello@postrider.test\\nTo: {1}\\nSubject: Hello\\n\\nIt travels.\\n' | "
      "curl -sSk --ssl-reqd --crlf smtp://{0} -u {2}:{3} --mail-from hello@postrider.test "
      "--mail-rcpt {1} -T -\n",
      endpoint, to, login.user, login.password);
}

std::string own_path() {
  std::error_code unknown;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", unknown);
  return unknown ? "postrider" : path.string();
}

void print_example(const relay::Relay& relay, const std::filesystem::path& data,
                   const std::optional<FirstLogin>& login) {
  const std::string endpoint = example_endpoint(relay);
  const std::string command = own_path() + " --data " + data.string();
  if (!login) {
    std::cout << "\nA password is shown once, when it is made. A new one:\n  " << command
              << " credential add default\nWhat happens:\n  " << command << " events --follow\n\n";
    return;
  }
  std::cout << "\n  SMTP user      " << login->user << "\n  SMTP password  " << login->password
            << "   (shown this once)\n";
  if (!endpoint.empty()) {
    std::cout << "\nPaste these into another terminal: a message that arrives, one that does not, "
                 "and what became of them.\n\n"
              << example_line(endpoint, *login, "delivered@simulator.test")
              << example_line(endpoint, *login, "user-unknown@simulator.test") << "  " << command
              << " events\n\n";
  }
}

void print_banner(Instance& instance, const std::optional<FirstLogin>& login) {
  relay::Relay& relay = instance.relay();
  const std::filesystem::path data = relay.settings().data;
  std::cout << "Postrider " POSTRIDER_VERSION "\n\n  data           " << data.string() << "\n";
  for (const relay::ListeningOn& listening : relay.listeners().listening()) {
    std::cout << fmt::format("  {:<14} {} ({})\n", listening.name,
                             net::to_string(listening.endpoint), words_for(listening.tls));
  }
  if (const std::string http = instance.http_endpoint(); !http.empty()) {
    std::cout << "  http           " << http << " (/healthz, /readyz, /metrics)\n";
  }
  for (const std::string& endpoint : instance.link_endpoints()) {
    std::cout << "  links          " << endpoint << "\n";
  }
  for (const std::string& endpoint : instance.link_endpoints_in_clear()) {
    std::cout << "  links          " << endpoint << " (in the clear)\n";
  }
  print_example(relay, data, login);
  std::cout << std::flush;
}

void serve(Context& context) {
  const Result<relay::Settings> settings = read_settings(context);
  if (!settings) {
    complain(context, settings.error());
    return;
  }
  log::configure(settings->log);
  std::optional<FirstLogin> login;
  InstanceOptions options;
  options.reread = [&context] { return read_settings(context); };
  options.prepare = [&login](relay::Relay& relay) -> Result<> {
    TRY(login, make_first_account(relay));
    return {};
  };
  auto instance = Instance::start(*settings, std::move(options));
  if (!instance) {
    complain(context, instance.error());
    return;
  }
  print_banner(**instance, login);
  log::info("ready", {{"version", POSTRIDER_VERSION}});
  context.exit = (*instance)->run();
}

}  // namespace

void add_serve(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand("serve", "Run the relay in the foreground");
  command->footer(
      "SIGTERM or Ctrl-C stops it and loses nothing; SIGHUP reloads the configuration.\n"
      "The first start makes the data directory, an account and a credential, and prints them.");
  command->callback([&context] {
    start_again_where_rsa_is_faster(context.arguments);
    return_large_blocks();
    serve(context);
  });
}

}  // namespace postrider::cli
