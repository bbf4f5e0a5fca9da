#include <cstdio>
#include <fmt/core.h>
#include <memory>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "cli/ask.h"
#include "cli/command.h"
#include "cli/event_line.h"
#include "cli/json_value.h"
#include "events/schema.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

constexpr std::uint64_t kPage = 1000;
constexpr const char* kFollowFrom = "-10";

struct Options {
  std::string from;
  std::string type;
  std::string to;
  std::string message;
  std::uint64_t limit = 0;  ///< 0: all
  std::uint64_t last = 0;   ///< 0: as `from` says
  bool follow = false;
  bool schema = false;
};

std::string target_of(const Options& options, const std::string& from, std::uint64_t limit) {
  std::string target = "/v1/events?from=" + http::percent_encode(from);
  const auto add = [&](const char* name, const std::string& value) {
    if (!value.empty()) {
      target += fmt::format("&{}={}", name, http::percent_encode(value));
    }
  };
  add("type", options.type);
  add("to", options.to);
  add("message", options.message);
  add("limit", limit == 0 ? "" : std::to_string(limit));
  add("follow", options.follow ? "1" : "");
  return target;
}

void print_event(const Context& context, const json::value& event) {
  fmt::print("{}\n", context.json ? json::serialize(event) : event_line(event));
}

/// Page by page, so that neither side holds a whole log.
void list_events(Context& context, ControlClient& client, const Options& options,
                 std::string from) {
  std::uint64_t left = options.limit;
  while (true) {
    const std::uint64_t wanted = options.limit == 0 ? kPage : std::min(left, kPage);
    const auto body = ask(context, client, {.target = target_of(options, from, wanted)});
    if (!body) {
      return;
    }
    const json::value page = json::parse(*body);
    const json::array& events = list(page, "events");
    for (const json::value& event : events) {
      print_event(context, event);
    }
    left -= std::min<std::uint64_t>(left, events.size());
    const std::uint64_t next = number(page, "next");
    if (next > number(page, "last") || (options.limit > 0 && left == 0)) {
      return;
    }
    from = std::to_string(next);
  }
}

void follow_events(Context& context, ControlClient& client, const Options& options,
                   const std::string& from) {
  const auto take = [&](std::string_view line) {
    if (context.json) {
      fmt::print("{}\n", line);
    } else {
      json::error_code ec;
      const json::value event = json::parse(json::string_view(line.data(), line.size()), ec);
      fmt::print("{}\n", event_line(event));
    }
    // Whoever reads this from a pipe waits for the line, not for a full buffer.
    return std::fflush(stdout) == 0;
  };
  const auto answer = client.follow({.target = target_of(options, from, options.limit)}, take);
  if (!answer) {
    complain(context, answer.error());
    return;
  }
  complain_of(context, *answer);
}

void run(Context& context, const Options& options) {
  if (options.schema) {
    fmt::print("{}", events::json_schema());
    return;
  }
  const auto client = open_client(context);
  if (!client) {
    return;
  }
  std::string from = options.from;
  if (options.last > 0) {
    from = "-" + std::to_string(options.last);
  } else if (from.empty()) {
    from = options.follow ? kFollowFrom : "1";
  }
  if (options.follow) {
    follow_events(context, *client, options, from);
  } else {
    list_events(context, *client, options, from);
  }
}

}  // namespace

void add_events(CLI::App& app, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* events =
      app.add_subcommand("events", "What happened: every step of every recipient, in order");
  events->footer("With --json: one JSON object a line.");
  events->add_flag("--follow,-f", options->follow,
                   "Go on with what comes; begins with the last ten, unless told otherwise");
  CLI::Option* from = events->add_option(
      "--from", options->from, "Begin at this sequence number; \"end\": what comes from now on");
  events->add_option("--last", options->last, "Begin with the last so many")
      ->check(CLI::PositiveNumber)
      ->excludes(from);
  events->add_option("--type", options->type, "Only of this type: delivered, deferred, ...");
  events->add_option("--to", options->to,
                     "Only of this recipient; \"@example.net\": of this domain");
  events->add_option("--message", options->message, "Only of this message, by its id");
  events->add_flag("--schema", options->schema, "Print the JSON schema of an event, and no event");
  events->add_option("--limit", options->limit, "At most so many")->check(CLI::PositiveNumber);
  add_consumers(*events, context);
  events->callback([options, events, &context] {
    if (events->get_subcommands().empty()) {
      run(context, *options);
    }
  });
}

}  // namespace postrider::cli
