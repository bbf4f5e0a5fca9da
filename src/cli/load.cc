#include <csignal>
#include <fmt/core.h>

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>

#include "cli/command.h"
#include "cli/load_options.h"
#include "cli/load_report.h"
#include "load/check.h"
#include "load/generator.h"

namespace postrider::cli {

namespace asio = boost::asio;

namespace {

/// Until it has ended; SIGINT and SIGTERM let what is under way come to its end.
Result<load::Generator::Summary> drive(load::Generator& generator) {
  asio::io_context io{1};
  asio::signal_set signals(io, SIGTERM, SIGINT);
  signals.async_wait([&](const boost::system::error_code& cancelled, int /*signal*/) {
    if (!cancelled) {
      generator.stop();
    }
  });
  const auto until_ended = asio::make_work_guard(io);
  generator.start([&io] { asio::post(io, [&io] { io.stop(); }); });
  io.run();
  return generator.finish();
}

/// Whether everything that was tried was accepted, and trying did not end for want of a peer.
bool is_clean(const load::Generator::Summary& summary) {
  const load::Figures& figures = summary.figures;
  return figures.messages > 0 && figures.refused == 0 && figures.unanswered == 0 &&
         !summary.was_cut_short;
}

Result<> run(Context& context, const LoadWords& words) {
  TRY(load::Options options, load_options(words));
  TRY(const auto generator, load::Generator::create(std::move(options)));
  TRY(const load::Generator::Summary summary, drive(*generator));
  if (context.json) {
    fmt::print("{}\n", summary_json(summary, generator->run()));
  } else {
    print_summary(summary, generator->run());
  }
  if (!is_clean(summary)) {
    context.exit = kFailed;
    if (summary.was_cut_short) {
      fmt::print(stderr, "postrider: gave up; messages that were not tried: {}\n", summary.untried);
    }
    if (!summary.figures.trouble.empty()) {
      fmt::print(stderr, "postrider: the last trouble with a connection to {}: {}\n", words.to,
                 summary.figures.trouble);
    }
  }
  return {};
}

Result<> check(Context& context, const LoadWords& words) {
  TRY(const load::Findings findings, load::check_logs(words.check[0], words.check[1]));
  if (context.json) {
    fmt::print("{}\n", findings_json(findings));
  } else {
    print_findings(findings);
  }
  if (findings.lost > 0) {
    context.exit = kFailed;
  }
  return {};
}

void add_amount(CLI::App& command, LoadWords& words) {
  command.add_option("--messages", words.messages, "Try so many messages");
  command.add_flag("--until-accepted", words.until_accepted,
                   "Go on until as many as --messages says have been accepted");
  command.add_option("--max-seconds", words.seconds, "Begin no message after that");
  command.add_option("--rate", words.per_second,
                     "Messages a second, however long answers take (open loop); else each "
                     "connection sends its next message when it has its answer");
  command.add_option("--connections", words.connections, "At once")->capture_default_str();
  command.add_option("--per-connection", words.per_connection,
                     "Messages, then it is opened anew; 0: no limit");
  command.add_option("--threads", words.threads, "One drives some 30,000 messages/s")
      ->capture_default_str();
}

void add_messages(CLI::App& command, LoadWords& words) {
  command.add_option("--from", words.from, "Sender")->capture_default_str();
  command.add_option("--domains", words.domains, "Of the recipients in turn: PATTERN*COUNT")
      ->capture_default_str();
  command.add_option("--recipients", words.recipients, "Of each message")->capture_default_str();
  command.add_option("--size", words.size, "Of each message")->capture_default_str();
}

void add_session(CLI::App& command, LoadWords& words) {
  command.add_option("--to", words.to, "HOST:PORT");
  command.add_option("--tls", words.tls, "none, starttls or implicit; certificates aren't checked")
      ->capture_default_str();
  command.add_option("--user", words.user, "For AUTH");
  command.add_option("--password", words.password, "For AUTH");
  command.add_flag("--no-pipelining", words.no_pipelining, "One command at a time");
  command.add_option("--timeout", words.timeout_s, "Seconds for a connection and for each reply")
      ->capture_default_str();
  command
      .add_option("--give-up", words.give_up_s,
                  "Seconds that a connection is tried for without an answer to any message")
      ->capture_default_str();
}

}  // namespace

void add_load(CLI::App& app, Context& context) {
  CLI::App* command =
      app.add_subcommand("load", "Send load to a relay of yours, and measure how it takes it");
  auto words = std::make_shared<LoadWords>();
  add_session(*command, *words);
  add_amount(*command, *words);
  add_messages(*command, *words);
  command->add_option("--log", words->log,
                      "Write on in this file: a line for each recipient, RUN NUMBER MICROSECONDS "
                      "CODE (000: no answer)");
  command
      ->add_option("--check", words->check,
                   "Instead of sending: compare --log's file with that of `simulator --count`, "
                   "and say what was lost and what came twice")
      ->expected(2)
      ->type_name("LOG COUNT-LOG");
  command->footer(
      "Exit status: 0 when everything tried was answered 250 (--check: nothing was lost), else "
      "1. A connection that breaks is opened again; a message whose connection broke is not sent "
      "again. --json prints one line.");
  command->callback([&context, words] {
    if (words->to.empty() == words->check.empty()) {
      complain(context, {Errc::invalid, "load: say --to HOST:PORT, or --check LOG COUNT-LOG"});
      return;
    }
    const Result<> done = words->check.empty() ? run(context, *words) : check(context, *words);
    if (!done) {
      complain(context, done.error());
    }
  });
}

}  // namespace postrider::cli
