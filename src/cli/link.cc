// `postrider link`: what people decide about links that were sent already.
#include <fmt/core.h>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {
namespace {

struct Options {
  std::string account;
  std::string message;
  std::string host;
  std::string campaign;
  std::string from;
  std::string to;
  std::string reason;
  std::string id;
};

std::string body_of(const std::string& what, const Options& options) {
  JsonText json;
  json.begin_object();
  json.field("what", what);
  for (const auto& [name, text] :
       {std::pair("account", &options.account), std::pair("message", &options.message),
        std::pair("host", &options.host), std::pair("campaign", &options.campaign),
        std::pair("from", &options.from), std::pair("to", &options.to),
        std::pair("reason", &options.reason)}) {
    if (!text->empty()) {
      json.field(name, *text);
    }
  }
  json.end_object();
  return json.take();
}

std::string about(const boost::json::value& order) {
  const std::string what = text(order, "what");
  if (what == "message") {
    return digits(order, "message");
  }
  return what == "account" ? "" : text(order, what == "host" ? "host" : "from");
}

void show_all(const boost::json::value& answer) {
  Table table({"ORDER", "OF", "ACCOUNT", "ABOUT", "LEADS TO", "SINCE", "REASON"});
  for (const auto& order : list(answer, "orders")) {
    const std::string to = text(order, "to");
    table.add({text(order, "id"), text(order, "what"), text(order, "account"), about(order),
               to.empty() ? "nowhere" : to, text(order, "since"), text(order, "reason")});
  }
  table.print();
}

void give(Context& context, const std::string& what, const Options& options) {
  ask_and_show(
      context, {.method = "POST", .target = "/v1/link-orders", .body = body_of(what, options)},
      [](const boost::json::value& order) { fmt::print("order {}\n", text(order, "id")); });
}

void add_withdraw(CLI::App& link, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* withdraw =
      link.add_subcommand("withdraw", "Links lead nowhere: of an account, of a message, to a host");
  withdraw->add_option("--account", options->account,
                       "All of its links; with --host, only its links to there");
  withdraw->add_option("--message", options->message, "All links of this message");
  withdraw->add_option("--host", options->host, "All links to this host and those below it");
  withdraw->add_option("--reason", options->reason, "For whoever looks later");
  withdraw->callback([options, &context] {
    const std::string what = !options->host.empty()      ? "host"
                             : !options->message.empty() ? "message"
                                                         : "account";
    if (what == "account" && options->account.empty()) {
      complain(context, {Errc::invalid, "say --account, --message or --host"});
      return;
    }
    give(context, what, *options);
  });
}

void add_point(CLI::App& link, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* point = link.add_subcommand(
      "point", "Links of a sent campaign lead elsewhere: mends a wrong one after the fact");
  point->add_option("--account", options->account, "Whose campaign it is")->required();
  point->add_option("--campaign", options->campaign, "Its name; without it, mail without a name");
  point->add_option("from", options->from, "Where the links lead, as they were sent")->required();
  point->add_option("to", options->to, "Where they shall lead")->required();
  point->add_option("--reason", options->reason, "For whoever looks later");
  point->callback([options, &context] { give(context, "target", *options); });
}

}  // namespace

void add_link(CLI::App& app, Context& context) {
  CLI::App* link = app.add_subcommand("link", "What holds of links that were sent already");
  link->require_subcommand(1);
  add_withdraw(*link, context);
  add_point(*link, context);

  CLI::App* all = link->add_subcommand("list", "Lists the orders that hold");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/link-orders"}, show_all); });

  const auto id = std::make_shared<std::string>();
  CLI::App* restore =
      link->add_subcommand("restore", "Takes an order back: links are as they were");
  restore->add_option("order", *id, "As `postrider link list` calls it")->required();
  restore->callback([id, &context] {
    ask_and_show(context,
                 {.method = "DELETE", .target = "/v1/link-orders/" + http::percent_encode(*id)},
                 [](const boost::json::value& answer) {
                   fmt::print("removed order {}\n", text(answer, "removed"));
                 });
  });
}

}  // namespace postrider::cli
