// The command line: one binary, a file for each subcommand. A file adds its subcommand to the app
// and, when it is chosen, runs it and sets the exit status.
//
// Exit statuses, for scripts: 0 done; 1 it failed; 2 the command line or the configuration is
// wrong; 3 the thing asked for does not exist; 4 no relay is running where one is needed.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"

namespace CLI {
class App;
}

namespace postrider::cli {

enum Exit : int { kDone = 0, kFailed = 1, kUsage = 2, kNotFound = 3, kNotRunning = 4 };

/// What stands before the subcommand, and what it came to.
struct Context {
  char* const* arguments = nullptr;  ///< main's, all of them
  std::filesystem::path data;        ///< --data; empty: as configured
  std::filesystem::path config;  ///< --config; empty: /etc/postrider/postrider.toml if there is one
  std::vector<std::string> set;  ///< --set section.key=value
  bool json = false;             ///< --json
  int exit = kDone;
};

/// Writes "postrider: TEXT" to standard error and sets the exit status that fits the code.
void complain(Context& context, const Error& error);

/// The configuration file that holds: `config`, or the default one where it exists, or none.
std::filesystem::path config_file(const Context& context);
/// The data directory that commands talk to: `data`, or as configured.
Result<std::filesystem::path> data_directory(const Context& context);

/// True: standard output is a terminal and NO_COLOR is not set.
bool may_colour();

/// Says in the help of each subcommand what may stand before or behind every one.
void explain_common_options(CLI::App& app);

void add_serve(CLI::App& app, Context& context);
void add_sandbox(CLI::App& app, Context& context);
void add_check(CLI::App& app, Context& context);
void add_account(CLI::App& app, Context& context);
void add_credential(CLI::App& app, Context& context);
void add_domain(CLI::App& app, Context& context);
void add_queue(CLI::App& app, Context& context);
void add_message(CLI::App& app, Context& context);
void add_message_search(CLI::App& message, Context& context);  ///< what stands behind `message`
void add_events(CLI::App& app, Context& context);
void add_consumers(CLI::App& events, Context& context);  ///< what stands behind `events`
void add_stats(CLI::App& app, Context& context);
void add_suppression(CLI::App& app, Context& context);
void add_simulator(CLI::App& app, Context& context);
void add_load(CLI::App& app, Context& context);
void add_classify(CLI::App& app, Context& context);
void add_parse_report(CLI::App& app, Context& context);
void add_clock(CLI::App& app, Context& context);
void add_reload(CLI::App& app, Context& context);
void add_status(CLI::App& app, Context& context);
void add_backup(CLI::App& app, Context& context);
void add_restore(CLI::App& app, Context& context);
void add_webhook(CLI::App& app, Context& context);
void add_rewrite(CLI::App& app, Context& context);
void add_link(CLI::App& app, Context& context);
void add_tracking(CLI::App& app, Context& context);
void add_tracking_key(CLI::App& app, Context& context);
void add_certificate(CLI::App& app, Context& context);
void add_privacy(CLI::App& app, Context& context);

}  // namespace postrider::cli
