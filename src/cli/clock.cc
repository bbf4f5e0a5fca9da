#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"

namespace postrider::cli {

void add_clock(CLI::App& app, Context& context) {
  CLI::App* clock = app.add_subcommand("clock", "The clock of a sandbox with --test-clock");
  clock->require_subcommand(1);
  const auto by = std::make_shared<std::string>();
  CLI::App* advance =
      clock->add_subcommand("advance", "Moves it on; what falls due meanwhile happens");
  advance->add_option("duration", *by, "Such as 6m, 1h30m, 5d")->required();
  advance->callback([by, &context] {
    JsonText body;
    body.begin_object();
    body.field("by", *by);
    body.end_object();
    ask_and_show(
        context, {.method = "POST", .target = "/v1/clock/advance", .body = body.take()},
        [](const boost::json::value& answer) { fmt::print("it is {}\n", text(answer, "time")); });
  });
}

}  // namespace postrider::cli
