#include <cstdio>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "cli/command.h"
#include "net/descriptors.h"
#include "readers/lookup.h"
#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

/// What `serve` would say by a warning on this machine; no mistake.
std::vector<std::string> warnings_of(const relay::LoadedSettings& loaded) {
  net::raise_descriptor_limit();  // as `serve` does
  const auto few = relay::unreachable_sessions(loaded.settings);
  return few ? std::vector{*few} : std::vector<std::string>();
}

/// The patterns that are installed: reading them takes too long for each reading of the settings.
void check_user_agents(relay::LoadedSettings& loaded) {
  const std::filesystem::path& file = loaded.settings.links.readers.user_agents;
  if (file != readers::kInstalledUserAgents) {
    return;
  }
  if (const auto read = readers::Lookup::load({.user_agents = file}); !read) {
    loaded.problems.push_back({.place = {.source = file.string()},
                               .key = "links.user_agents",
                               .what = read.error().text()});
  }
}

void print_json(const relay::LoadedSettings& loaded, bool show) {
  JsonText json;
  json.begin_object();
  json.field("good", loaded.problems.empty());
  json.begin_array("problems");
  for (const relay::Problem& problem : loaded.problems) {
    json.begin_object();
    json.field("source", problem.place.source);
    json.field("line", problem.place.line);
    json.field("column", problem.place.column);
    json.field("key", problem.key);
    json.field("what", problem.what);
    json.end_object();
  }
  json.end_array();
  json.begin_array("warnings");
  for (const std::string& warning : warnings_of(loaded)) {
    json.value(warning);
  }
  json.end_array();
  if (show) {
    // As TOML writes them: "\"5m\"" is a string, "[]" a list.
    json.begin_object("values");
    for (const relay::SettingValue& value : loaded.values) {
      json.field(value.key, value.value);
    }
    json.end_object();
  }
  json.end_object();
  fmt::print("{}\n", json.take());
}

void check(Context& context, bool show) {
  const auto file = config_file(context);
  relay::LoadedSettings loaded = relay::load_settings({.file = file, .overrides = context.set});
  check_user_agents(loaded);
  context.exit = loaded.problems.empty() ? kDone : kUsage;
  if (context.json) {
    print_json(loaded, show);
    return;
  }
  for (const relay::Problem& problem : loaded.problems) {
    fmt::print(stderr, "{}\n", to_string(problem));
  }
  if (!loaded.problems.empty()) {
    return;
  }
  for (const std::string& warning : warnings_of(loaded)) {
    fmt::print(stderr, "warning: {}\n", warning);
  }
  if (!show) {
    fmt::print("{}: good\n", file.empty() ? "the built-in configuration" : file.string());
    return;
  }
  for (const relay::SettingValue& value : loaded.values) {
    fmt::print("{} = {}\n", value.key, value.value);
  }
}

}  // namespace

void add_check(CLI::App& app, Context& context) {
  const auto show = std::make_shared<bool>(false);
  CLI::App* command = app.add_subcommand(
      "check", "Checks the configuration: says by file, line and column what is wrong");
  command->add_flag("--show", *show, "Print every option with its value");
  command->callback([show, &context] { check(context, *show); });
}

}  // namespace postrider::cli
