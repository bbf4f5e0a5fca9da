#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

std::string why(const json::value& row) {
  const std::string trouble = text(row, "trouble");
  return trouble.empty() ? text(row, "last_reply") : trouble;
}

void show_sites(const json::value& answer) {
  if (list(answer, "sites").empty()) {
    fmt::print("nothing waits\n");
    return;
  }
  Table table({"SITE", ">READY", ">SCHEDULED", ">DNS", ">HELD", ">CONNECTIONS", "NEXT DUE", "WHY"});
  for (const json::value& row : list(answer, "sites")) {
    const std::uint64_t most = number(row, "connections_max");
    const std::string connections =
        most == 0 ? "-" : fmt::format("{}/{}", number(row, "connections"), most);
    const bool is_in_trouble = !text(row, "trouble").empty();
    table.add({text(row, "site"), digits(row, "ready"), digits(row, "scheduled"),
               digits(row, "looking_up"), digits(row, "held"), connections, text(row, "next_due"),
               Cell(why(row), is_in_trouble ? Colour::bad : Colour::plain)});
  }
  table.print();
  fmt::print("\n{} ready, {} scheduled, {} waiting for DNS, {} held by a pause, {} connections\n",
             number(answer, "ready"), number(answer, "scheduled"), number(answer, "looking_up"),
             number(answer, "held"), number(answer, "connections"));
  if (!flag(answer, "is_running")) {
    fmt::print("{}\n", paint("No relay is running: this is what lies in the spool.", Colour::dim));
  }
  if (flag(answer, "partial")) {
    fmt::print("{}\n", paint("The queue is long: the table is made of a part of it, these sums of "
                             "the whole.",
                             Colour::dim));
  }
}

std::string waiting_for(const json::value& recipient) {
  const std::string what = text(recipient, "waits_for");
  return what == "time"    ? text(recipient, "due")
         : what == "dns"   ? "DNS"
         : what == "relay" ? "a relay that runs"
         : what == "pause" ? "its account's pause to end"
                           : "a connection";
}

void show_recipients(const json::value& answer) {
  Table table({"RECIPIENT", "TO", "FROM", "SITE", ">ATTEMPTS", "WAITS FOR", "LAST REPLY"});
  for (const json::value& recipient : list(answer, "recipients")) {
    table.add({digits(recipient, "recipient"), text(recipient, "to"), text(recipient, "from"),
               text(recipient, "site"), digits(recipient, "attempts"), waiting_for(recipient),
               text(recipient, "last_reply")});
  }
  if (table.empty()) {
    fmt::print("nothing waits\n");
    return;
  }
  table.print();
  if (flag(answer, "partial")) {
    fmt::print("{}\n", paint("There are more: a higher --limit may show them.", Colour::dim));
  }
}

void add_list(CLI::App& queue, Context& context) {
  struct Options {
    std::string domain;
    std::uint32_t limit = 100;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = queue.add_subcommand("list", "Lists the recipients that wait, and why");
  command->add_option("--domain", options->domain, "Only those of this domain");
  command->add_option("--limit", options->limit, "At most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  command->callback([options, &context] {
    ask_and_show(context,
                 {.target = fmt::format("/v1/queue/recipients?limit={}&domain={}", options->limit,
                                        http::percent_encode(options->domain))},
                 show_recipients);
  });
}

void add_retry(CLI::App& queue, Context& context) {
  const auto domain = std::make_shared<std::string>();
  CLI::App* command = queue.add_subcommand("retry", "Makes what is scheduled due now");
  command->add_option("domain", *domain, "Only recipients of this domain");
  command->callback([domain, &context] {
    JsonText body;
    body.begin_object();
    body.field("domain", *domain);
    body.end_object();
    ask_and_show(context, {.method = "POST", .target = "/v1/queue/retry", .body = body.take()},
                 [](const json::value& answer) {
                   fmt::print("{} recipients are due now\n", number(answer, "retried"));
                 });
  });
}

}  // namespace

void add_queue(CLI::App& app, Context& context) {
  CLI::App* queue = app.add_subcommand("queue", "What waits, by site, and why");
  queue->require_subcommand(0, 1);
  add_list(*queue, context);
  add_retry(*queue, context);
  queue->callback([queue, &context] {
    if (queue->get_subcommands().empty()) {
      ask_and_show(context, {.target = "/v1/queue"}, show_sites);
    }
  });
}

}  // namespace postrider::cli
