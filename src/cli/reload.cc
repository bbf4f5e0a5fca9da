#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"

namespace postrider::cli {
namespace {

void show(const boost::json::value& answer) {
  fmt::print("the configuration has been read again\n");
  for (const auto& what : list(answer, "needs_restart")) {
    fmt::print("not applied until a restart: {}\n",
               what.is_string() ? std::string(what.get_string()) : "");
  }
}

}  // namespace

void add_reload(CLI::App& app, Context& context) {
  CLI::App* reload = app.add_subcommand(
      "reload", "Makes the running relay read its configuration again, all of it or nothing");
  reload->callback(
      [&context] { ask_and_show(context, {.method = "POST", .target = "/v1/reload"}, show); });
}

}  // namespace postrider::cli
