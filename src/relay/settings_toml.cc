#include "relay/settings_toml.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <iterator>
#include <map>
#include <tuple>
#include <unistd.h>

#include "mail/address.h"
#include "relay/settings_parse.h"
#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

std::string name_of_this_machine() {
  std::array<char, 256> name{};
  const bool known = ::gethostname(name.data(), name.size() - 1) == 0;
  return known ? mail::parse_domain(name.data()).value_or("localhost") : "localhost";
}

/// What follows from other options, and where a name is left open, from the machine.
void complete(Settings& settings) {
  if (settings.hostname.empty()) {
    settings.hostname = name_of_this_machine();
  }
  if (settings.return_path_domain.empty()) {
    settings.return_path_domain = settings.hostname;
  }
  settings.delivery.hostname = settings.hostname;
  settings.delivery.mx.own_names = {settings.hostname};
  if (settings.return_path_domain != settings.hostname) {
    settings.delivery.mx.own_names.push_back(settings.return_path_domain);
  }
}

void read_all(Section& root, Settings& settings) {
  root.read("data", path(), settings.data);
  if (settings.data.empty()) {
    root.complain("data", "is empty; write the directory for spool, events and accounts");
  }
  root.read("hostname", optional_domain(), settings.hostname);
  root.read("return_path_domain", optional_domain(), settings.return_path_domain);
  root.read("threads", whole(0, 256), settings.threads);
  read_listeners(root, settings);
  read_submission(root, settings);
  read_services(root, settings);
  read_dns(root, settings);
  read_delivery(root, settings);
  read_retry(root, settings);
  read_exports(root, settings);
}

Settings interpret(const Table& tree, const std::string& source, Reading& reading) {
  Settings settings;
  Section root(reading, "", &tree, {.source = source});
  read_all(root, settings);
  complete(settings);
  return settings;
}

std::vector<Problem> by_place(std::vector<Problem> problems, const std::string& file) {
  std::multimap<std::tuple<bool, std::uint32_t, std::uint32_t>, Problem> sorted;
  for (Problem& problem : problems) {
    const std::tuple key(problem.place.source != file, problem.place.line, problem.place.column);
    sorted.emplace(key, std::move(problem));
  }
  problems.clear();
  for (auto& [key, problem] : sorted) {
    problems.push_back(std::move(problem));
  }
  return problems;
}

}  // namespace

LoadedSettings load_settings(const SettingsSource& source) {
  LoadedSettings loaded;
  Table tree;
  const std::string name = source.file.empty() ? "built-in defaults" : source.file.string();
  const auto take = [&](std::expected<Table, Problem> part) {
    if (part) {
      lay_over(tree, *std::move(part));
    } else {
      loaded.problems.push_back(std::move(part).error());
    }
  };
  if (!source.file.empty()) {
    take(parse_file(source.file));
  }
  for (const std::string& text : source.overrides) {
    take(parse_override(text));
  }
  Reading reading;
  loaded.settings = interpret(tree, name, reading);
  for (const SettingValue& value : reading.values) {
    loaded.settings.written[value.key] = value.value;
  }
  loaded.values = std::move(reading.values);
  std::ranges::move(reading.problems, std::back_inserter(loaded.problems));
  loaded.problems = by_place(std::move(loaded.problems), name);
  return loaded;
}

Result<Settings> require_settings(const SettingsSource& source) {
  LoadedSettings loaded = load_settings(source);
  if (loaded.problems.empty()) {
    return std::move(loaded.settings);
  }
  std::string lines;
  for (const Problem& problem : loaded.problems) {
    lines += (lines.empty() ? "" : "\n") + to_string(problem);
  }
  return fail(Errc::invalid, lines);
}

std::vector<std::string> setting_keys() {
  Reading reading{.problems = {}, .values = {}, .is_survey = true};
  interpret({}, "", reading);
  std::vector<std::string> keys;
  for (SettingValue& value : reading.values) {
    keys.push_back(std::move(value.key));
  }
  return keys;
}

}  // namespace postrider::relay
