#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"

namespace postrider::cli {
namespace {

void show_keys(const boost::json::value& answer) {
  Table table({">KEY", "MAKES TOKENS"});
  for (const auto& key : list(answer, "keys")) {
    table.add({digits(key, "id"), yes_no(key, "makes_tokens")});
  }
  table.print();
}

}  // namespace

void add_tracking_key(CLI::App& app, Context& context) {
  CLI::App* key = app.add_subcommand("tracking-key",
                                     "Keys that tracking and unsubscribe links are signed with");
  key->require_subcommand(1);

  CLI::App* all = key->add_subcommand("list", "Lists the keys, the newest first");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/tracking-keys"}, show_keys); });

  CLI::App* rotate = key->add_subcommand(
      "rotate", "Makes a new key for links from now on; those of the others stay good");
  rotate->callback([&context] {
    ask_and_show(context, {.method = "POST", .target = "/v1/tracking-keys"},
                 [](const boost::json::value& answer) {
                   fmt::print("new links are signed with key {}\n", number(answer, "id"));
                 });
  });

  const auto id = std::make_shared<unsigned>(0);
  CLI::App* remove = key->add_subcommand(
      "remove", "Takes a key away: links in mail that was sent with it lead nowhere from now on");
  remove->add_option("key", *id, "The key")->required()->check(CLI::Range(1, 255));
  remove->callback([id, &context] {
    ask_and_show(context,
                 {.method = "DELETE", .target = "/v1/tracking-keys/" + std::to_string(*id)},
                 [](const boost::json::value& answer) {
                   fmt::print("removed key {}\n", number(answer, "removed"));
                 });
  });
}

}  // namespace postrider::cli
