#include "cli/account_health.h"

#include <cstdlib>
#include <fmt/core.h>
#include <memory>
#include <pwd.h>
#include <string>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "cli/ask.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string name;
  std::string reason;
  std::string by;
};

/// Whoever sits there, also behind sudo.
std::string person() {
  if (const char* behind_sudo = std::getenv("SUDO_USER"); behind_sudo != nullptr) {
    return behind_sudo;
  }
  const passwd* user = ::getpwuid(::geteuid());
  return user == nullptr ? fmt::format("user {}", ::geteuid()) : user->pw_name;
}

Colour colour_of(const std::string& level) {
  return level == "pause" ? Colour::bad : level == "warn" ? Colour::doubtful : Colour::plain;
}

double real(const json::value& object, std::string_view name) {
  const json::value& found = member(object, name);
  return found.is_number() ? found.to_number<double>() : 0;
}

void show_state(const json::value& answer) {
  const std::string account = text(answer, "account");
  if (flag(answer, "bulk_paused")) {
    fmt::print("{}: {} since {} by {}: {}\n", account, paint("bulk mail is paused", Colour::bad),
               text(answer, "changed"), text(answer, "by"), text(answer, "reason"));
  } else if (!text(answer, "changed").empty()) {
    fmt::print("{}: bulk mail goes, since {} by {}: {}\n", account, text(answer, "changed"),
               text(answer, "by"), text(answer, "reason"));
  } else {
    fmt::print("{}: bulk mail goes\n", account);
  }
}

void show_health(const json::value& answer) {
  show_state(answer);
  Table table(
      {"STREAM", "SITE", "IN", ">ENDED", ">HARD BOUNCES", ">", ">DELIVERED", ">COMPLAINTS", ">"});
  for (const json::value& row : list(answer, "rates")) {
    if (number(row, "ended") == 0 && number(row, "hard_bounces") == 0 &&
        number(row, "complaints") == 0) {
      continue;
    }
    const std::string site = text(row, "site");
    table.add(
        {text(row, "stream"), site.empty() ? "all" : site, text(row, "window"),
         digits(row, "ended"), digits(row, "hard_bounces"),
         Cell(fmt::format("{:.1f}%", real(row, "bounce_percent")), colour_of(text(row, "bounces"))),
         digits(row, "delivered"), digits(row, "complaints"),
         Cell(fmt::format("{:.2f}%", real(row, "complaint_percent")),
              colour_of(text(row, "complaining")))});
  }
  if (table.empty()) {
    fmt::print("nothing has ended within 7 days{}\n",
               text(answer, "counted_from").empty()
                   ? ""
                   : ", counted from " + text(answer, "counted_from"));
    return;
  }
  table.print();
  if (const json::value& limits = member(answer, "limits"); limits.is_object()) {
    fmt::print(
        "\nwarned from {:g}% hard bounces and {:g}% complaints, bulk mail paused from {:g}% "
        "and {:g}%, where there are {} recipients or more\n",
        real(limits, "bounces_warn"), real(limits, "complaints_warn"),
        real(limits, "bounces_pause"), real(limits, "complaints_pause"),
        number(limits, "volume_min"));
  }
}

void add_change(CLI::App& account, Context& context, const char* what, const char* help) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = account.add_subcommand(what, help);
  command->add_option("name", options->name, "The account")->required();
  command->add_option("--reason", options->reason, "Why; kept, and told with the event")
      ->required();
  command->add_option("--by", options->by, "Who says so, if it is not the user who runs this");
  command->callback([options, what, &context] {
    JsonText body;
    body.begin_object();
    body.field("reason", options->reason);
    body.field("by", options->by.empty() ? person() : options->by);
    body.end_object();
    ask_and_show(context,
                 {.method = "POST",
                  .target = "/v1/accounts/" + http::percent_encode(options->name) + "/" + what,
                  .body = body.take()},
                 show_state);
  });
}

}  // namespace

void add_account_health(CLI::App& account, Context& context) {
  const auto name = std::make_shared<std::string>();
  CLI::App* health = account.add_subcommand(
      "health", "Its hard bounces and complaints, and whether its bulk mail goes");
  health->add_option("name", *name, "The account")->required();
  health->callback([name, &context] {
    ask_and_show(context, {.target = "/v1/accounts/" + http::percent_encode(*name) + "/health"},
                 show_health);
  });
  add_change(account, context, "pause",
             "Its bulk mail waits, and no more is taken; other mail goes on");
  add_change(account, context, "resume",
             "Its bulk mail goes on; what happened before is not held against it");
}

}  // namespace postrider::cli
