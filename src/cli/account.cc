#include <fmt/core.h>
#include <map>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/account_health.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {
namespace {

struct Options {
  std::string name;
  std::string dsn;
  std::string own_return_paths;
  std::string active;
  std::map<std::string, std::string> tracking = {};  ///< members of the request
  std::map<std::string, std::string> switches = {};  ///< the same, on or off
};

struct Choice {
  const char* option;
  const char* member;
  const char* help;
};
constexpr Choice kTexts[] = {
    {"--tracking-host", "tracking_host",
     "Where its links lead through: https://links.example.org; \"\": nothing is tracked"},
    {"--privacy", "privacy",
     "What tracking may know at most: off, anonymous, pseudonymous, identified, full"},
    {"--track-bulk", "track_bulk",
     "Of bulk mail, unless a message says otherwise: off, opens, clicks, both"},
    {"--track-transactional", "track_transactional", "The same of all other mail"},
    {"--url-tags", "url_tags", "Appended to targets: utm_source=shop&utm_medium=email"},
    {"--keep-hosts", "keep_hosts", "Links there stay as they are: \"a.example b.example\""},
    {"--keep-events", "keep_events",
     "How long its events are kept: 30d; \"\": as long as the installation keeps any"},
    {"--keep-messages", "keep_messages",
     "How long headers and bodies are kept for people to look at, up to 7d; 0: not at all; \"\": "
     "as "
     "the installation has it"}};
constexpr Choice kSwitches[] = {
    {"--track-text", "track_text", "Links of plain text, too: on or off"},
    {"--preserve-signed", "preserve_signed",
     "Leave a message that its author's domain has signed already: on or off"}};

std::string tracking(const boost::json::value& account) {
  const std::string host = text(account, "tracking_host");
  const std::string privacy = text(account, "privacy");
  if (host.empty() || privacy == "off") {
    return "off";
  }
  return fmt::format("{} by {} (bulk {}, other {})", privacy, host, text(account, "track_bulk"),
                     text(account, "track_transactional"));
}

void add_row(Table& table, const boost::json::value& account) {
  const Cell active = !flag(account, "active")       ? Cell("no", Colour::bad)
                      : flag(account, "bulk_paused") ? Cell("bulk paused", Colour::doubtful)
                                                     : Cell("yes", Colour::good);
  table.add({digits(account, "id"), text(account, "name"), text(account, "dsn"),
             yes_no(account, "own_return_paths"), active, tracking(account),
             text(account, "created")});
}

Table make_table() {
  return Table({">ID", "NAME", "DSN", "OWN RETURN PATHS", "ACTIVE", "TRACKING", "CREATED"});
}

void show_one(const boost::json::value& account) {
  Table table = make_table();
  add_row(table, account);
  table.print();
}

void show_all(const boost::json::value& answer) {
  Table table = make_table();
  for (const auto& account : list(answer, "accounts")) {
    add_row(table, account);
  }
  table.print();
}

std::string body_of(const Options& options, bool with_name) {
  JsonText json;
  json.begin_object();
  if (with_name) {
    json.field("name", options.name);
  }
  if (!options.dsn.empty()) {
    json.field("dsn", options.dsn);
  }
  if (!options.own_return_paths.empty()) {
    json.field("own_return_paths", options.own_return_paths == "on");
  }
  if (!options.active.empty()) {
    json.field("active", options.active == "on");
  }
  for (const auto& [member, value] : options.tracking) {
    json.field(member, value);
  }
  for (const auto& [member, value] : options.switches) {
    json.field(member, value == "on");
  }
  json.end_object();
  return json.take();
}

void add_tracking(CLI::App& command, const std::shared_ptr<Options>& options) {
  for (const Choice& choice : kTexts) {
    command.add_option_function<std::string>(
        choice.option,
        [options, &choice](const std::string& value) { options->tracking[choice.member] = value; },
        choice.help);
  }
  for (const Choice& choice : kSwitches) {
    command
        .add_option_function<std::string>(
            choice.option,
            [options, &choice](const std::string& value) {
              options->switches[choice.member] = value;
            },
            choice.help)
        ->check(CLI::IsMember({"on", "off"}));
  }
}

void add_choices(CLI::App& command, const std::shared_ptr<Options>& options) {
  command
      .add_option("--dsn", options->dsn,
                  "Report a final failure to senders that don't say NOTIFY: none or failure")
      ->check(CLI::IsMember({"none", "failure"}));
  command
      .add_option("--own-return-paths", options->own_return_paths,
                  "A return path, and so a transaction, for each recipient: on or off")
      ->check(CLI::IsMember({"on", "off"}));
  command.add_option("--active", options->active, "off: its submissions are refused; on or off")
      ->check(CLI::IsMember({"on", "off"}));
  add_tracking(command, options);
}

}  // namespace

void add_account(CLI::App& app, Context& context) {
  CLI::App* account = app.add_subcommand("account", "Accounts: who sends");
  account->require_subcommand(1);

  const auto options = std::make_shared<Options>();
  CLI::App* add = account->add_subcommand("add", "Makes an account");
  add->add_option("name", options->name, "a-z, 0-9 and -, up to 63 characters")->required();
  add_choices(*add, options);
  add->callback([options, &context] {
    ask_and_show(context,
                 {.method = "POST", .target = "/v1/accounts", .body = body_of(*options, true)},
                 show_one);
  });

  CLI::App* all = account->add_subcommand("list", "Lists the accounts");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/accounts"}, show_all); });

  const auto changes = std::make_shared<Options>();
  CLI::App* change = account->add_subcommand("change", "Changes what is named");
  change->add_option("name", changes->name, "The account")->required();
  add_choices(*change, changes);
  change->callback([changes, &context] {
    ask_and_show(context,
                 {.method = "PATCH",
                  .target = "/v1/accounts/" + http::percent_encode(changes->name),
                  .body = body_of(*changes, false)},
                 show_one);
  });
  add_account_health(*account, context);
}

}  // namespace postrider::cli
