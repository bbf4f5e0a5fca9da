#include <algorithm>
#include <fmt/core.h>
#include <map>
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

namespace json = boost::json;

namespace {

struct Parameter {
  const char* name;
  const char* help;
};
constexpr Parameter kParameters[] = {
    {"recipient", "Address"},
    {"sender", "Address of From:"},
    {"subject", "Words, all of which stand in it"},
    {"status",
     "accepted (waits, untried), deferred, delivered, failed, expired, bounced, complained, "
     "suppressed; opened, clicked (by people), unsubscribed"},
    {"category", "Why an attempt failed"},
    {"provider", "Where an attempt went: the site"},
    {"campaign", "That the sender named"},
    {"custom_id", "The sender's own name for the message"},
    {"account", "Name"},
    {"from", "Accepted then or later: a time (2026-11-24T05:00Z), or so long ago (7d)"},
    {"to", "Accepted before"},
    {"before", "Go on behind this id, the last one of the page before"},
    {"limit", "Recipients at most (default 50)"}};

using Options = std::map<std::string, std::string>;

std::string target_of(const Options& options) {
  std::string target = "/v1/messages";
  for (const auto& [name, value] : options) {
    if (!value.empty()) {
      target += fmt::format("{}{}={}", target.contains('?') ? '&' : '?', name,
                            http::percent_encode(value));
    }
  }
  return target;
}

Colour colour_of(const std::string& status) {
  if (status == "delivered") {
    return Colour::good;
  }
  return status == "accepted" || status == "deferred" ? Colour::doubtful : Colour::bad;
}

void show(const json::value& answer) {
  Table table({"accepted", ">id", "status", "from", "to", "subject"});
  for (const json::value& one : list(answer, "messages")) {
    const std::string status = text(one, "status");
    const std::string header_from = text(one, "header_from");
    table.add({text(one, "accepted").substr(0, 19),
               digits(one, "recipient"),
               {status, colour_of(status)},
               header_from.empty() ? text(one, "from") : header_from,
               text(one, "to"),
               text(one, "subject")});
  }
  if (table.empty()) {
    fmt::print("Nothing was found{}.\n", flag(answer, "more") ? " so far" : "");
  } else {
    table.print();
  }
  if (flag(answer, "more")) {
    fmt::print("There is more: --before {}\n", number(answer, "before"));
  }
  if (number(answer, "indexed_to") < number(answer, "last")) {
    fmt::print("{} events are still to be indexed.\n",
               number(answer, "last") - number(answer, "indexed_to"));
  }
}

}  // namespace

void add_message_search(CLI::App& message, Context& context) {
  CLI::App* search =
      message.add_subcommand("search", "Finds recipients by what is known of them, newest first");
  const auto options = std::make_shared<Options>();
  for (const Parameter& parameter : kParameters) {
    std::string option = std::string("--") + parameter.name;
    std::ranges::replace(option, '_', '-');
    search->add_option(option, (*options)[parameter.name], parameter.help);
  }
  search->footer("Several of these: all must apply. `postrider message show ID` tells the rest.");
  search->callback(
      [options, &context] { ask_and_show(context, {.target = target_of(*options)}, show); });
}

}  // namespace postrider::cli
