#include "cli/command.h"

#include <cstdio>
#include <cstdlib>
#include <fmt/core.h>
#include <system_error>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

constexpr const char* kDefaultConfig = "/etc/postrider/postrider.toml";

Exit exit_of(Errc code) {
  switch (code) {
    case Errc::invalid:
      return kUsage;
    case Errc::not_found:
      return kNotFound;
    default:
      return kFailed;
  }
}

}  // namespace

void complain(Context& context, const Error& error) {
  fmt::print(stderr, "postrider: {}\n", error.text());
  context.exit = exit_of(error.code());
}

std::filesystem::path config_file(const Context& context) {
  std::error_code unreadable;
  if (!context.config.empty() || !std::filesystem::exists(kDefaultConfig, unreadable)) {
    return context.config;
  }
  return kDefaultConfig;
}

Result<std::filesystem::path> data_directory(const Context& context) {
  if (!context.data.empty()) {
    return context.data;
  }
  TRY(relay::Settings settings,
      relay::require_settings({.file = config_file(context), .overrides = context.set}));
  return settings.data;
}

void explain_common_options(CLI::App& app) {
  for (CLI::App* command : app.get_subcommands({})) {
    const std::string own = command->get_footer();
    command->footer((own.empty() ? "" : own + "\n\n") +
                    "With every command: --json (print data as JSON), --data DIR, --config FILE, "
                    "--set KEY=VALUE; see `postrider --help`.");
    explain_common_options(*command);
  }
}

bool may_colour() {
  const char* refused = std::getenv("NO_COLOR");
  return ::isatty(STDOUT_FILENO) == 1 && (refused == nullptr || *refused == '\0');
}

}  // namespace postrider::cli
