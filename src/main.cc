// Dispatch only: each subcommand has a file of its own in cli/.
#include <CLI/CLI.hpp>

#include "cli/command.h"

int main(int argc, char** argv) {
  using namespace postrider::cli;
  CLI::App app("Postrider, the sending side of an email service provider.", "postrider");
  Context context;
  context.arguments = argv;
  app.add_option("--data", context.data, "Data directory (default: as configured)");
  app.add_option("--config", context.config,
                 "Configuration file (default: /etc/postrider/postrider.toml where it exists)");
  // One value each time: what follows it is the subcommand or its argument.
  app.add_option("--set", context.set, "Overrides an option: --set limits.errors_max=5")
      ->allow_extra_args(false);
  app.add_flag("--json", context.json, "Print data as JSON");
  app.set_version_flag("--version", "postrider " POSTRIDER_VERSION);
  app.require_subcommand(1);
  app.fallthrough();
  add_serve(app, context);
  add_check(app, context);
  add_account(app, context);
  add_credential(app, context);
  add_domain(app, context);
  add_queue(app, context);
  add_message(app, context);
  add_events(app, context);
  add_suppression(app, context);
  add_classify(app, context);
  add_stats(app, context);
  add_webhook(app, context);
  add_reload(app, context);
  add_status(app, context);
  add_backup(app, context);
  add_restore(app, context);
  add_rewrite(app, context);
  add_link(app, context);
  add_tracking(app, context);
  add_tracking_key(app, context);
  add_certificate(app, context);
  add_privacy(app, context);
  add_simulator(app, context);
  add_load(app, context);
  add_sandbox(app, context);
  add_parse_report(app, context);
  add_clock(app, context);
  explain_common_options(app);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? kDone : kUsage;
  } catch (const std::exception& error) {
    complain(context, {postrider::Errc::unavailable, error.what()});
  }
  return context.exit;
}
