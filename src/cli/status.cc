#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

void show_running(const json::value& status) {
  fmt::print("postrider {}, process {}, {}\n", text(status, "version"), number(status, "pid"),
             flag(status, "stopping") ? paint("stopping", Colour::doubtful)
                                      : paint("running", Colour::good));
  fmt::print("time      {}\n", text(status, "time"));
  for (const json::value& listener : list(status, "listeners")) {
    fmt::print("{:<9} {} (TLS: {})\n", text(listener, "name"), text(listener, "address"),
               text(listener, "tls"));
  }
  fmt::print("sessions  {}\n", number(status, "sessions"));
  const json::value& accepted = member(status, "accepted");
  fmt::print("accepted  {} messages, {} recipients, {} bytes; {} refused\n",
             number(accepted, "messages"), number(accepted, "recipients"),
             number(accepted, "bytes"), number(accepted, "refused"));
  const json::value& attempts = member(status, "attempts");
  fmt::print("attempts  {} delivered, {} deferred, {} failed, {} expired\n",
             number(attempts, "delivered"), number(attempts, "deferred"),
             number(attempts, "failed"), number(attempts, "expired"));
  const json::value& queue = member(status, "queue");
  fmt::print("queue     {} ready, {} scheduled, {} waiting for DNS, {} connections to {} sites\n",
             number(queue, "ready"), number(queue, "scheduled"), number(queue, "looking_up"),
             number(queue, "connections"), number(queue, "sites"));
}

void show_stores(const json::value& status) {
  const json::value& store = member(status, "store");
  fmt::print("store     {} bytes on disk, {} events, {} accounts, {} domains\n",
             number(store, "bytes_on_disk"), number(status, "last_event"),
             number(status, "accounts"), number(status, "domains"));
  if (flag(store, "latched")) {
    fmt::print("{}\n", paint("The storage has failed: nothing is accepted.", Colour::bad));
  }
  if (flag(store, "full")) {
    fmt::print("{}\n", paint("The disk is full: nothing is accepted.", Colour::bad));
  }
}

}  // namespace

void add_status(CLI::App& app, Context& context) {
  CLI::App* status = app.add_subcommand(
      "status", "Whether a relay runs, and how it does; exit status 4 if none does");
  status->callback([&context] {
    const auto client = open_client(context);
    if (!client) {
      return;
    }
    const auto body = ask(context, *client, {.target = "/v1/status"});
    if (!body) {
      return;
    }
    const json::value parsed = json::parse(*body);
    const bool is_running = flag(parsed, "running");
    context.exit = is_running ? kDone : kNotRunning;
    if (context.json) {
      fmt::print("{}", *body);
      return;
    }
    if (is_running) {
      show_running(parsed);
    } else {
      fmt::print("no relay is running\n");
    }
    show_stores(parsed);
  });
}

}  // namespace postrider::cli
