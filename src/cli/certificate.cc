// `postrider certificate`: what tracking hosts show under TLS.
#include <fmt/core.h>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {
namespace {

Colour colour_of(const std::string& state) {
  if (state == "good") {
    return Colour::good;
  }
  return state == "failing" ? Colour::bad : Colour::doubtful;
}

void show_all(const boost::json::value& answer) {
  Table table({"HOST", "ACCOUNT", "FROM", "GOOD UNTIL", "STATE", "NEXT TRY"});
  for (const auto& one : list(answer, "certificates")) {
    const std::string state = text(one, "state");
    const std::string source = text(one, "source");
    table.add({text(one, "host"), text(one, "account"), source.empty() ? "none" : source,
               text(one, "good_until").substr(0, 10), Cell(state, colour_of(state)),
               text(one, "next_try")});
  }
  table.print();
  for (const auto& one : list(answer, "certificates")) {
    if (const std::string why = text(one, "why"); !why.empty()) {
      fmt::print("\n{} is {}: {}\n", text(one, "host"), text(one, "state"), why);
    }
  }
}

}  // namespace

void add_certificate(CLI::App& app, Context& context) {
  CLI::App* certificate =
      app.add_subcommand("certificate", "Certificates of the hosts that links lead through");
  certificate->require_subcommand(1);

  CLI::App* all =
      certificate->add_subcommand("list", "Lists tracking hosts with TLS and what they show");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/certificates"}, show_all); });

  const auto host = std::make_shared<std::string>();
  CLI::App* renew = certificate->add_subcommand(
      "renew", "Asks the authority for a new one now, whatever has failed before");
  renew->add_option("host", *host, "The tracking host")->required();
  renew->callback([host, &context] {
    ask_and_show(
        context,
        {.method = "POST", .target = "/v1/certificates/" + http::percent_encode(*host) + "/renew"},
        [](const boost::json::value& answer) {
          fmt::print(
              "a new certificate for {} is asked for; `postrider certificate "
              "list` says what came of it\n",
              text(answer, "host"));
        });
  });
}

}  // namespace postrider::cli
