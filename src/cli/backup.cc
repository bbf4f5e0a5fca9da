#include <chrono>
#include <fmt/core.h>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "cli/backup_files.h"
#include "cli/command.h"
#include "cli/take_backup.h"
#include "relay/settings_toml.h"

namespace postrider::cli {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

constexpr int kPoliteness = 10;  // nice(2): the relay goes first

/// What a new machine needs too and no data directory holds.
std::vector<std::string> files_elsewhere(const Context& context) {
  const fs::path file = config_file(context);
  const relay::LoadedSettings loaded =
      relay::load_settings({.file = file, .overrides = context.set});
  std::vector<std::string> found;
  for (const fs::path& path : {file, loaded.settings.tls.certificate, loaded.settings.tls.key}) {
    if (!path.empty()) {
      found.push_back(path.string());
    }
  }
  return found;
}

void print_json(const Backup& backup, const fs::path& folder, Seconds took,
                const std::vector<std::string>& elsewhere) {
  const Manifest& manifest = backup.manifest;
  JsonText json;
  json.begin_object();
  json.field("backup", folder.string());
  json.field("data", manifest.data);
  json.field("taken", manifest.taken);
  json.field("files", manifest.files.size());
  json.field("bytes", manifest.bytes());
  json.field("messages", manifest.messages);
  json.field("last_event", manifest.last_event);
  json.field("seconds", took.count());
  json.field("while_running", backup.was_running);
  json.begin_array("not_included");
  for (const std::string& path : elsewhere) {
    json.value(path);
  }
  json.end_array();
  json.end_object();
  fmt::print("{}\n", json.take());
}

void print(const Backup& backup, const fs::path& folder, Seconds took,
           const std::vector<std::string>& elsewhere) {
  const Manifest& manifest = backup.manifest;
  fmt::print("{}: a backup of {} as of {}{}\n", folder.string(), manifest.data, manifest.taken,
             backup.was_running ? "" : " (no relay was running)");
  fmt::print("{} files, {} bytes, in {:.1f} s; {} messages wait in it, the last event is {}\n",
             manifest.files.size(), manifest.bytes(), took.count(), manifest.messages,
             manifest.last_event);
  for (const std::string& path : elsewhere) {
    fmt::print("not in it: {}\n", path);
  }
  fmt::print("It holds private keys and mail. To restore it: postrider --data DIR restore {}\n",
             folder.string());
}

Result<> run(const Context& context, const std::string& wanted) {
  [[maybe_unused]] const int politeness = ::nice(kPoliteness);
  TRY(const fs::path data, data_directory(context));
  const fs::path folder = folder_named(wanted);
  const auto start = std::chrono::steady_clock::now();
  TRY(const Backup backup, take_backup(folder_named(data.string()), folder));
  const Seconds took = std::chrono::steady_clock::now() - start;
  (context.json ? print_json : print)(backup, folder, took, files_elsewhere(context));
  return {};
}

}  // namespace

void add_backup(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "backup", "Makes a copy of the data directory, also while the relay runs on it");
  const auto folder = std::make_shared<std::string>();
  command->add_option("DIR", *folder, "The folder to make; it may be there if it is empty")
      ->required();
  command->footer(
      "On the file system of the data directory most of it is hard links: done at once, hardly any "
      "room taken, and no help against a broken disk. On another one everything is copied. What "
      "was answered 250 before is in it. The configuration, and a certificate outside of the data "
      "directory, are not: they are named.");
  command->callback([&context, folder] {
    if (const Result<> done = run(context, *folder); !done) {
      complain(context, done.error());
    }
  });
}

}  // namespace postrider::cli
