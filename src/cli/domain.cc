#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "cli/zone_file.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

std::string target_of(const std::string& name, std::string_view action = "") {
  return fmt::format("/v1/domains/{}{}", http::percent_encode(name), action);
}

void show_head(const json::value& domain) {
  const bool is_verified = flag(domain, "verified");
  const std::string how = text(domain, "verified_how");
  fmt::print("{} of account {}: {}\n", paint(text(domain, "name"), Colour::bold),
             text(domain, "account"),
             is_verified ? paint(fmt::format("verified ({})", how), Colour::good)
                         : paint("not verified: nobody sends as it yet", Colour::bad));
}

std::string need_of(const json::value& record) {
  return flag(record, "required") ? "required" : "recommended";
}

void show_records(const json::value& domain) {
  show_head(domain);
  fmt::print("\nTo be published in DNS:\n\n");
  Table table({"PURPOSE", "", "TYPE", "NAME", "VALUE"});
  for (const json::value& record : list(domain, "records")) {
    table.add({text(record, "purpose"), need_of(record), text(record, "type"), text(record, "name"),
               printable(text(record, "value"), 64)});
  }
  table.print();
  fmt::print("\nThe same for a zone file:\n\n");
  for (const json::value& record : list(domain, "records")) {
    fmt::print("{}", zone_line(text(record, "name"), text(record, "type"), text(record, "value")));
  }
  fmt::print("\n`postrider domain check {}` looks whether they are there.\n", text(domain, "name"));
}

Colour colour_of(const std::string& verdict, bool is_required) {
  if (verdict == "ok") {
    return Colour::good;
  }
  return is_required ? Colour::bad : Colour::doubtful;
}

void show_advice(const json::value& record) {
  const std::string verdict = text(record, "verdict");
  if (verdict == "ok") {
    return;
  }
  fmt::print("\n{} is {}", text(record, "purpose"), verdict);
  const std::string value = text(record, "value");
  if (verdict == "missing" && !value.empty()) {
    fmt::print("; publish\n  {}", zone_line(text(record, "name"), text(record, "type"), value));
    return;
  }
  fmt::print(": {}\n", text(record, "advice"));
  for (const json::value& found : list(record, "found")) {
    fmt::print("  found: {}\n",
               printable(found.is_string() ? std::string(found.get_string()) : ""));
  }
}

void show_check(const json::value& domain) {
  show_head(domain);
  fmt::print("\n");
  Table table({"PURPOSE", "", "VERDICT", "NAME"});
  for (const json::value& record : list(domain, "records")) {
    const std::string verdict = text(record, "verdict");
    table.add({text(record, "purpose"), need_of(record),
               Cell(verdict, colour_of(verdict, flag(record, "required"))), text(record, "name")});
  }
  table.print();
  for (const json::value& record : list(domain, "records")) {
    show_advice(record);
  }
}

void show_all(const json::value& answer) {
  Table table({"DOMAIN", "ACCOUNT", "VERIFIED", "RETURN PATH", "CREATED"});
  for (const json::value& domain : list(answer, "domains")) {
    const bool is_verified = flag(domain, "verified");
    const std::string return_path = text(domain, "return_path_domain");
    table.add({text(domain, "name"), text(domain, "account"),
               Cell(is_verified ? text(domain, "verified_how") : "no",
                    is_verified ? Colour::good : Colour::bad),
               return_path.empty() ? "installation's" : return_path, text(domain, "created")});
  }
  table.print();
}

void add_add(CLI::App& domain, Context& context) {
  struct Options {
    std::string name;
    std::string account = "default";
    bool verified = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* add = domain.add_subcommand("add", "Adds a domain with fresh DKIM keys");
  add->add_option("name", options->name, "The domain")->required();
  add->add_option("--account", options->account, "Whose it is")->capture_default_str();
  add->add_flag("--verified", options->verified, "It is theirs: ask for no proof in DNS");
  add->callback([options, &context] {
    JsonText body;
    body.begin_object();
    body.field("name", options->name);
    body.field("account", options->account);
    body.field("verified", options->verified);
    body.end_object();
    ask_and_show(context, {.method = "POST", .target = "/v1/domains", .body = body.take()},
                 show_records);
  });
}

/// A command that is one request about one domain.
void add_simple(CLI::App& domain, Context& context, const std::string& name,
                const std::string& what, const std::string& method, const std::string& action,
                const Show& show) {
  const auto wanted = std::make_shared<std::string>();
  CLI::App* command = domain.add_subcommand(name, what);
  command->add_option("name", *wanted, "The domain")->required();
  command->callback([=, &context] {
    ask_and_show(context, {.method = method, .target = target_of(*wanted, action)}, show);
  });
}

}  // namespace

void add_domain(CLI::App& app, Context& context) {
  CLI::App* domain = app.add_subcommand("domain", "Sending domains: their proof and their keys");
  domain->require_subcommand(1);
  add_add(*domain, context);
  CLI::App* all = domain->add_subcommand("list", "Lists the domains");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/domains"}, show_all); });
  add_simple(*domain, context, "show", "Prints the records to publish", "GET", "", show_records);
  add_simple(*domain, context, "check",
             "Looks the records up: says what is right, what is missing, and what to publish",
             "POST", "/check", show_check);
  add_simple(*domain, context, "verify", "Takes the domain as its account's, on your word", "POST",
             "/verify", show_head);
  add_simple(
      *domain, context, "remove", "Takes the domain and its keys away", "DELETE", "",
      [](const json::value& answer) { fmt::print("removed {}\n", text(answer, "removed")); });
}

}  // namespace postrider::cli
