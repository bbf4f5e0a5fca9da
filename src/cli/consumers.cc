#include <fmt/core.h>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/export.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "exports/clickhouse_row.h"
#include "exports/options.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

void show_consumers(const json::value& answer) {
  Table table({"consumer", ">next", ">behind", ">unreadable", "problem"});
  for (const json::value& one : list(answer, "consumers")) {
    table.add({text(one, "name"),
               digits(one, "next"),
               digits(one, "lag"),
               digits(one, "unreadable"),
               {text(one, "problem"), Colour::doubtful}});
  }
  table.print();
  fmt::print("The log ends at event {}.\n", number(answer, "last"));
}

void show_replay(const json::value& answer) {
  fmt::print("{} begins again at event {} of {}.\n", text(answer, "consumer"),
             number(answer, "next"), number(answer, "last"));
}

void add_clickhouse_table(CLI::App& events) {
  const auto table = std::make_shared<std::string>(exports::Options().table);
  CLI::App* command = events.add_subcommand(
      "clickhouse-table", "Prints the definition of the table that exports to ClickHouse fill");
  command->add_option("--table", *table, "Its name, as `table` of the export has it")
      ->capture_default_str()
      ->check([](const std::string& name) {
        return exports::is_clickhouse_name(name)
                   ? std::string()
                   : "must be of letters, digits and '_', with a database and a dot in front if "
                     "need be";
      });
  command->callback([table] { fmt::print("{}", exports::clickhouse_table(*table)); });
}

}  // namespace

void add_consumers(CLI::App& events, Context& context) {
  CLI::App* consumers = events.add_subcommand(
      "consumers", "Who reads the event log, how far, and how many events behind");
  consumers->callback(
      [&context] { ask_and_show(context, {.target = "/v1/consumers"}, show_consumers); });

  add_export(events, context);
  add_clickhouse_table(events);

  struct Options {
    std::string name;
    std::string from;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* replay = events.add_subcommand("replay", "Has a consumer of the event log begin again");
  replay->add_option("NAME", options->name, "As `postrider events consumers` calls it")->required();
  replay
      ->add_option("--from", options->from,
                   "At this sequence number, or at the first event of this time or later")
      ->required();
  replay->callback([options, &context] {
    JsonText body;
    body.begin_object();
    body.field("from", options->from);
    body.end_object();
    ask_and_show(context,
                 {.method = "POST",
                  .target = "/v1/consumers/" + http::percent_encode(options->name) + "/replay",
                  .body = body.take()},
                 show_replay);
  });
}

}  // namespace postrider::cli
