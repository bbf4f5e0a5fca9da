#include <fmt/core.h>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

std::string target_of(std::uint64_t id, std::string_view action = "") {
  return fmt::format("/v1/webhooks/{}{}", id, action);
}

std::string joined(const json::array& texts, const std::string& none) {
  std::string all;
  for (const json::value& text : texts) {
    all += (all.empty() ? "" : ", ") + std::string(text.as_string());
  }
  return all.empty() ? none : all;
}

Cell state_of(const json::value& webhook) {
  const std::string state = text(webhook, "state");
  if (state != "active") {
    return {state, state == "suspended" ? Colour::bad : Colour::doubtful};
  }
  return text(webhook, "problem").empty() ? Cell(state, Colour::good)
                                          : Cell("failing", Colour::doubtful);
}

std::string reason_of(const json::value& webhook) {
  const std::string problem = text(webhook, "problem");
  return problem.empty() ? text(webhook, "why") : problem;
}

void show_one(const json::value& webhook) {
  const std::string account = text(webhook, "account");
  fmt::print("webhook {}  {}\n", number(webhook, "id"), paint(text(webhook, "url"), Colour::bold));
  const auto line = [](std::string_view name, const std::string& value) {
    if (!value.empty()) {
      fmt::print("  {:<13} {}\n", name, printable(value));
    }
  };
  line("state", text(webhook, "state") + (flag(webhook, "on_backup") ? ", on its backup URL" : ""));
  line("because", reason_of(webhook));
  line("failing since", text(webhook, "failing_since"));
  line("backup URL", text(webhook, "backup_url"));
  line("account", account.empty() ? "every one" : account);
  line("format", text(webhook, "format"));
  line("types", joined(list(webhook, "types"), "all"));
  line("campaigns", joined(list(webhook, "campaigns"), ""));
  line("headers", joined(list(webhook, "headers"), ""));
  line("contact", text(webhook, "contact"));
  line("secret", text(webhook, "secret"));
  line("old secret", text(webhook, "old_secret"));
  line("next event",
       fmt::format("{} ({} behind)", number(webhook, "next"), number(webhook, "lag")));
}

void show_all(const json::value& answer) {
  Table table({">ID", "ACCOUNT", "URL", "FORMAT", "STATE", ">BEHIND", "WHY"});
  for (const json::value& webhook : list(answer, "webhooks")) {
    const std::string account = text(webhook, "account");
    table.add({digits(webhook, "id"), account.empty() ? "(every one)" : account,
               printable(text(webhook, "url"), 60), text(webhook, "format"), state_of(webhook),
               digits(webhook, "lag"), printable(reason_of(webhook), 60)});
  }
  table.print();
}

Cell verdict_of(const json::value& request) {
  const bool is_taken = flag(request, "taken");
  return {number(request, "status") == 0 ? "no answer" : digits(request, "status"),
          is_taken ? Colour::good : Colour::bad};
}

void show_log(const json::value& answer) {
  Table table({"TIME", "STATUS", ">MS", ">EVENTS", ">FIRST", "REQUEST", "ANSWER"});
  for (const json::value& request : list(answer, "requests")) {
    const std::string why = text(request, "why");
    table.add({text(request, "time"), verdict_of(request), digits(request, "took_ms"),
               digits(request, "events"), digits(request, "first"), text(request, "id"),
               printable(why.empty() ? text(request, "answer") : why, 60)});
  }
  table.print();
}

void show_test(const json::value& request) {
  const bool is_taken = flag(request, "taken");
  fmt::print("{} after {} ms from {}\n",
             number(request, "status") == 0
                 ? paint("no answer: " + text(request, "why"), Colour::bad)
                 : paint(digits(request, "status"), is_taken ? Colour::good : Colour::bad),
             number(request, "took_ms"), text(request, "url"));
  if (const std::string said = text(request, "answer"); !said.empty()) {
    fmt::print("{}\n", said);
  }
}

struct Settings {
  std::optional<std::string> url;
  std::optional<std::string> account;
  std::optional<std::string> format;
  std::optional<std::string> types;
  std::optional<std::string> backup;
  std::optional<std::string> contact;
  std::optional<std::string> secret;
  std::optional<std::string> from;
  std::vector<std::string> campaigns;
  std::vector<std::string> headers;
};

void add_settings(CLI::App& command, const std::shared_ptr<Settings>& settings) {
  command.add_option("--account", settings->account, "Whose events; every account's without it");
  command.add_option("--format", settings->format,
                     "native (whole events, signed), mailjet (its Event API, version 1) or "
                     "mailjet-grouped (version 2)");
  command.add_option("--types", settings->types,
                     "Which events, with commas, in the words of the format; all without it");
  command.add_option("--campaign", settings->campaigns,
                     "Only events of this campaign; several times");
  command.add_option("--backup", settings->backup, "URL for when the first one is given up");
  command.add_option("--header", settings->headers, "\"Name: value\", sent along; several times");
  command.add_option("--contact", settings->contact, "Mail address that hears of a suspension");
}

std::string body_of(const Settings& settings) {
  JsonText body;
  body.begin_object();
  const auto add = [&](std::string_view name, const std::optional<std::string>& value) {
    if (value) {
      body.field(name, *value);
    }
  };
  add("url", settings.url);
  add("backup_url", settings.backup);
  add("account", settings.account);
  add("format", settings.format);
  add("types", settings.types);
  add("contact", settings.contact);
  add("secret", settings.secret);
  add("from", settings.from);
  const auto add_lines = [&](std::string_view name, const std::vector<std::string>& values) {
    std::string lines;
    for (const std::string& value : values) {
      lines += value + "\n";
    }
    if (!lines.empty()) {
      body.field(name, lines);
    }
  };
  add_lines("campaigns", settings.campaigns);
  add_lines("headers", settings.headers);
  body.end_object();
  return body.take();
}

void add_add(CLI::App& webhook, Context& context) {
  const auto settings = std::make_shared<Settings>();
  CLI::App* add = webhook.add_subcommand("add", "Adds an endpoint; prints its signing secret");
  add->add_option("url", settings->url, "https://, or http://; may have user:password@")
      ->required();
  add_settings(*add, settings);
  add->add_option("--secret", settings->secret, "Signing secret; a fresh one without it");
  add->add_option("--from", settings->from,
                  "Sequence number or time to begin at; what comes from now on without it");
  add->callback([settings, &context] {
    ask_and_show(context, {.method = "POST", .target = "/v1/webhooks", .body = body_of(*settings)},
                 show_one);
  });
}

void add_change(CLI::App& webhook, Context& context) {
  const auto id = std::make_shared<std::uint64_t>();
  const auto settings = std::make_shared<Settings>();
  CLI::App* change = webhook.add_subcommand("change", "Changes what is given, and nothing else");
  change->add_option("id", *id, "As `webhook list` has it")->required();
  change->add_option("--url", settings->url, "Another URL");
  add_settings(*change, settings);
  change->callback([id, settings, &context] {
    ask_and_show(context, {.method = "PATCH", .target = target_of(*id), .body = body_of(*settings)},
                 show_one);
  });
}

/// A command that is one request about one endpoint.
void add_simple(CLI::App& webhook, Context& context, const std::string& name,
                const std::string& what, const std::string& method, const std::string& action,
                const Show& show) {
  const auto id = std::make_shared<std::uint64_t>();
  CLI::App* command = webhook.add_subcommand(name, what);
  command->add_option("id", *id, "As `webhook list` has it")->required();
  command->callback([=, &context] {
    ask_and_show(context, {.method = method, .target = target_of(*id, action)}, show);
  });
}

void add_rotate(CLI::App& webhook, Context& context) {
  const auto id = std::make_shared<std::uint64_t>();
  const auto drop = std::make_shared<bool>(false);
  CLI::App* rotate = webhook.add_subcommand(
      "rotate", "Makes another signing secret; the present one signs too until --drop-old");
  rotate->add_option("id", *id, "As `webhook list` has it")->required();
  rotate->add_flag("--drop-old", *drop, "No new secret: the old one no longer signs");
  rotate->callback([id, drop, &context] {
    JsonText body;
    body.begin_object();
    body.field("drop_old", *drop);
    body.end_object();
    ask_and_show(context,
                 {.method = "POST", .target = target_of(*id, "/rotate"), .body = body.take()},
                 show_one);
  });
}

void add_log(CLI::App& webhook, Context& context) {
  const auto id = std::make_shared<std::uint64_t>();
  const auto limit = std::make_shared<std::uint64_t>(30);
  CLI::App* command = webhook.add_subcommand("log", "What became of its requests, newest first");
  command->add_option("id", *id, "As `webhook list` has it")->required();
  command->add_option("--limit", *limit, "How many")->capture_default_str();
  command->callback([id, limit, &context] {
    ask_and_show(context, {.target = target_of(*id, fmt::format("/log?limit={}", *limit))},
                 show_log);
  });
}

void add_replay(CLI::App& webhook, Context& context) {
  const auto id = std::make_shared<std::uint64_t>();
  const auto from = std::make_shared<std::string>();
  CLI::App* replay = webhook.add_subcommand("replay", "Sends everything again from there on");
  replay->add_option("id", *id, "As `webhook list` has it")->required();
  replay
      ->add_option("--from", *from,
                   "A sequence number of the event log, or the first event of this time or later")
      ->required();
  replay->callback([id, from, &context] {
    JsonText body;
    body.begin_object();
    body.field("from", *from);
    body.end_object();
    ask_and_show(context,
                 {.method = "POST", .target = target_of(*id, "/replay"), .body = body.take()},
                 [](const json::value& answer) {
                   fmt::print("webhook {} begins again at event {} of {}\n", number(answer, "id"),
                              number(answer, "next"), number(answer, "last"));
                 });
  });
}

}  // namespace

void add_webhook(CLI::App& app, Context& context) {
  CLI::App* webhook = app.add_subcommand("webhook", "Endpoints that are told of events over HTTP");
  webhook->require_subcommand(1);
  add_add(*webhook, context);
  CLI::App* all = webhook->add_subcommand("list", "Lists them, and how far behind they are");
  all->callback([&context] { ask_and_show(context, {.target = "/v1/webhooks"}, show_all); });
  add_simple(*webhook, context, "show", "Prints one, with its secrets", "GET", "", show_one);
  add_change(*webhook, context);
  add_simple(*webhook, context, "pause", "Sends nothing until it is resumed", "POST", "/pause",
             show_one);
  add_simple(*webhook, context, "resume",
             "Goes on where it stopped, at its first URL, also after a suspension", "POST",
             "/resume", show_one);
  add_rotate(*webhook, context);
  add_simple(*webhook, context, "test", "Sends a test event now, and prints the answer", "POST",
             "/test", show_test);
  add_log(*webhook, context);
  add_replay(*webhook, context);
  add_simple(*webhook, context, "remove", "Takes it away, with its log", "DELETE", "",
             [](const json::value& answer) {
               fmt::print("removed webhook {}\n", number(answer, "removed"));
             });
}

}  // namespace postrider::cli
