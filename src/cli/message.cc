#include <fmt/core.h>
#include <map>
#include <memory>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/event_line.h"
#include "cli/json_value.h"
#include "cli/message_content.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

void show_line(std::string_view name, const std::string& value) {
  if (!value.empty()) {
    fmt::print("  {:<10}{}\n", name, printable(value));
  }
}

void show_head(const json::value& message) {
  fmt::print("{} of account {}\n",
             paint(fmt::format("message {}", number(message, "message")), Colour::bold),
             text(message, "account"));
  const std::string from = text(message, "from");
  show_line("accepted", text(message, "accepted"));
  show_line("sender", from.empty() ? "<> (a report)" : from);
  show_line("From", text(message, "header_from"));
  show_line("Subject", text(message, "subject"));
  show_line("size", fmt::format("{} bytes", number(message, "size")));
  show_line("stream", text(message, "stream"));
  show_line("campaign", text(message, "campaign"));
  show_line("custom id", text(message, "custom_id"));
  show_line("payload", text(message, "payload"));
  show_line("client", text(message, "client"));
  show_line("user", text(message, "user"));
  show_line("session", text(message, "session"));
}

Colour colour_of(const std::string& state) {
  if (state == "delivered") {
    return Colour::good;
  }
  return state == "waiting" ? Colour::doubtful : Colour::bad;
}

void show_recipient(const json::value& recipient, const std::vector<const json::value*>& events) {
  const std::string state = text(recipient, "state");
  std::string more;
  if (state == "waiting") {
    more = fmt::format(" ({} attempts so far, due {})", number(recipient, "attempts"),
                       text(recipient, "due"));
  }
  fmt::print("\n{}  {}  {}{}\n", number(recipient, "recipient"),
             paint(printable(text(recipient, "to")), Colour::bold), paint(state, colour_of(state)),
             more);
  for (const json::value* event : events) {
    fmt::print("  {}\n", event_outcome(*event));
  }
}

void show_story(const json::value& message) {
  show_head(message);
  std::map<std::uint64_t, std::vector<const json::value*>> by_recipient;
  for (const json::value& event : list(message, "events")) {
    by_recipient[number(event, "recipient")].push_back(&event);
  }
  for (const json::value& recipient : list(message, "recipients")) {
    show_recipient(recipient, by_recipient[number(recipient, "recipient")]);
  }
  const std::uint64_t shown = list(message, "recipients").size();
  if (number(message, "recipients_in_all") > shown) {
    fmt::print("\n{} of {} recipients; --limit shows more.\n", shown,
               number(message, "recipients_in_all"));
  }
}

}  // namespace

void add_message(CLI::App& app, Context& context) {
  CLI::App* message = app.add_subcommand("message", "Single messages");
  message->require_subcommand(1);
  struct Options {
    std::string id;
    std::uint32_t limit = 1000;
    bool headers = false;
    bool body = false;
  };
  const auto options = std::make_shared<Options>();
  add_message_search(*message, context);
  CLI::App* show = message->add_subcommand("show", "Tells the story of one message");
  show->add_option("id", options->id, "Of the message or of any of its recipients")->required();
  show->add_option("--limit", options->limit, "Recipients, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  show->add_flag("--headers", options->headers,
                 "Its header as it was accepted, where that is kept (retention.messages)");
  show->add_flag("--body", options->body, "The same of its body");
  show->callback([options, &context] {
    if (options->headers || options->body) {
      show_content(context, options->id, options->headers, options->body);
      return;
    }
    ask_and_show(context,
                 {.target = fmt::format("/v1/messages/{}?limit={}",
                                        http::percent_encode(options->id), options->limit)},
                 show_story);
  });
}

}  // namespace postrider::cli
