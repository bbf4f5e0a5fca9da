#include "simulator/simulator.h"

#include <csignal>
#include <fmt/core.h>
#include <memory>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/signal_set.hpp>

#include "base/clock.h"
#include "base/json_text.h"
#include "cli/command.h"
#include "cli/count.h"
#include "cli/own_certificate.h"
#include "cli/table.h"
#include "net/descriptors.h"
#include "net/network.h"
#include "net/task_group.h"
#include "net/tls.h"
#include "simulator/behaviours.h"

namespace postrider::cli {

namespace asio = boost::asio;

namespace {

void list_behaviours(const Context& context) {
  if (!context.json) {
    Table table({"MAILBOX", "WHAT IT DOES", "REPLY"});
    for (const simulator::Behaviour& behaviour : simulator::behaviours()) {
      table.add({std::string(behaviour.name), std::string(behaviour.what),
                 simulator::reply_of(behaviour)});
    }
    table.print();
    return;
  }
  JsonText json;
  json.begin_object();
  json.begin_array("mailboxes");
  for (const simulator::Behaviour& behaviour : simulator::behaviours()) {
    json.begin_object();
    json.field("name", behaviour.name);
    json.field("what", behaviour.what);
    json.field("code", behaviour.code);
    json.field("enhanced", behaviour.enhanced);
    json.field("reply", simulator::reply_of(behaviour));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  fmt::print("{}\n", json.take());
}

void announce(const Context& context, const simulator::Simulator& running) {
  if (context.json) {
    JsonText json;
    json.begin_object();
    json.begin_array("routes");
    for (const simulator::Route& route : running.routes()) {
      json.begin_object();
      json.field("domain", route.pattern);
      json.field("address", net::to_string(route.endpoint));
      json.end_object();
    }
    json.end_array();
    json.field("pid", ::getpid());
    json.end_object();
    fmt::print("{}\n", json.take());
  } else {
    Table table({"MAIL FOR", "GOES TO"});
    for (const simulator::Route& route : running.routes()) {
      table.add({route.pattern, net::to_string(route.endpoint)});
    }
    table.print();
    fmt::print("`postrider simulator --list` says what its mailboxes do.\n");
  }
  std::fflush(stdout);
}

Result<> run(const Context& context, std::uint16_t port) {
  net::raise_descriptor_limit();
  asio::io_context io{1};
  const SystemClock clock;
  simulator::Options options;
  options.port = port;
  TRY(options.tls, make_own_certificate());
  TRY(const auto running, simulator::Simulator::start(io.get_executor(), clock, options));
  announce(context, *running);
  net::TaskGroup tasks(io.get_executor(), "simulator");
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& cancelled, int /*signal*/) {
    if (!cancelled) {
      tasks.spawn(running->stop());
    }
  });
  io.run();
  return {};
}

void add_counting(CLI::App& command, bool& count, CountWords& words) {
  auto* counting = command.add_flag(
      "--count", count,
      "Instead of mailboxes: take mail for any domain, and count each recipient of a `postrider "
      "load`. Prints figures as JSON at SIGUSR1 and at the end");
  command
      .add_option("--log", words.log,
                  "With --count: write on in this file, a line for each recipient, RUN NUMBER "
                  "MICROSECONDS COPIES-BEFORE")
      ->needs(counting);
  command.add_flag("--tls", words.tls, "With --count: offer STARTTLS")->needs(counting);
  command.add_option("--threads", words.threads, "With --count")
      ->needs(counting)
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
}

}  // namespace

void add_simulator(CLI::App& app, Context& context) {
  struct Options {
    bool list = false;
    bool count = false;
    std::uint16_t port = 2529;
    CountWords words;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* command = app.add_subcommand(
      "simulator", "A mailbox provider on loopback, with every outcome that mail can have");
  command->add_flag("--list", options->list, "Print what the mailboxes do, and end");
  command->add_option("--port", options->port, "Listen here and on those that follow; 0: free ones")
      ->capture_default_str();
  add_counting(*command, options->count, options->words);
  command->callback([options, &context] {
    if (options->list) {
      list_behaviours(context);
      return;
    }
    options->words.port = options->port;
    const Result<> ran =
        options->count ? count_arrivals(context, options->words) : run(context, options->port);
    if (!ran) {
      complain(context, ran.error());
    }
  });
}

}  // namespace postrider::cli
