#include <chrono>
#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>

#include "base/json_text.h"
#include "cli/backup_files.h"
#include "cli/command.h"
#include "cli/restore_backup.h"

namespace postrider::cli {
namespace {

namespace fs = std::filesystem;
using Seconds = std::chrono::duration<double>;

struct Words {
  std::string folder;
  std::string events;
  bool without_queue = false;
};

void print_json(const Restored& restored, const fs::path& folder, const fs::path& data,
                Seconds took) {
  const Manifest& manifest = restored.manifest;
  JsonText json;
  json.begin_object();
  json.field("restored", data.string());
  json.field("backup", folder.string());
  json.field("version", manifest.version);
  json.field("taken", manifest.taken);
  json.field("files", manifest.files.size());
  json.field("bytes", manifest.bytes());
  json.field("messages", restored.messages);
  json.field("recipients_left_out", restored.left_out);
  json.field("last_event", manifest.last_event);
  json.field("seconds", took.count());
  json.end_object();
  fmt::print("{}\n", json.take());
}

void print_what_waits(const Restored& restored, const fs::path& data) {
  if (restored.left_out > 0) {
    fmt::print("{} recipients that waited in it were taken out of the queue\n", restored.left_out);
  }
  if (restored.messages == 0) {
    fmt::print("nothing waits in it\n");
    return;
  }
  fmt::print(
      "{} messages wait. They are sent as soon as a relay starts, those too that the old one has "
      "delivered after {}: --events and --without-queue take such out.\n"
      "what waits:  postrider --data {} queue list\n",
      restored.messages, restored.manifest.taken, data.string());
}

void print(const Restored& restored, const fs::path& folder, const fs::path& data, Seconds took) {
  const Manifest& manifest = restored.manifest;
  fmt::print("{}: restored from {}, as of {} (postrider {})\n", data.string(), folder.string(),
             manifest.taken, manifest.version);
  fmt::print("{} files, {} bytes, in {:.1f} s; the last event is {}\n", manifest.files.size(),
             manifest.bytes(), took.count(), manifest.last_event);
  print_what_waits(restored, data);
  fmt::print("to start it: postrider --data {} serve\n", data.string());
}

Result<> run(const Context& context, const Words& words) {
  TRY(fs::path data, data_directory(context));
  data = folder_named(data.string());
  const fs::path folder = folder_named(words.folder);
  const auto start = std::chrono::steady_clock::now();
  TRY(const Restored restored,
      restore_backup(folder, data, {.without_queue = words.without_queue, .events = words.events}));
  const Seconds took = std::chrono::steady_clock::now() - start;
  (context.json ? print_json : print)(restored, folder, data, took);
  return {};
}

}  // namespace

void add_restore(CLI::App& app, Context& context) {
  CLI::App* command = app.add_subcommand(
      "restore", "Makes a data directory of a backup, where there is none or an empty one");
  const auto words = std::make_shared<Words>();
  command->add_option("DIR", words->folder, "The backup")->required();
  CLI::Option* without =
      command->add_flag("--without-queue", words->without_queue,
                        "Accounts, keys and events only: nothing that waits in it is sent");
  command
      ->add_option("--events", words->events,
                   "A file of events since the backup, as `postrider events --json` prints them: "
                   "what they tell to be delivered, failed or expired is not sent again")
      ->excludes(without);
  command->footer(
      "Nothing is sent before a relay starts on it: `postrider queue` shows what will be.");
  command->callback([&context, words] {
    if (const Result<> done = run(context, *words); !done) {
      complain(context, done.error());
    }
  });
}

}  // namespace postrider::cli
