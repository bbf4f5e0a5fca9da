#include <fmt/core.h>
#include <memory>
#include <optional>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/silent_relay.h"
#include "http/request_target.h"
#include "relay/data_directory.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

// Both read the whole event log, and an erasure writes the database anew.
constexpr std::chrono::hours kPatience{24};

struct Options {
  std::string address;
  std::string account;
};
using OptionsPtr = std::shared_ptr<Options>;

CLI::App* make(CLI::App& privacy, const char* name, const char* says, const OptionsPtr& options) {
  CLI::App* made = privacy.add_subcommand(name, says);
  made->add_option("ADDRESS", options->address, "The person's mail address")->required();
  made->add_option("--account", options->account, "Of this account only; otherwise of all");
  return made;
}

void show_erased(const json::value& answer) {
  fmt::print("Erased (keyed hash {}): {} recipients in {} events, {} that waited.\n",
             text(answer, "hash"), number(answer, "recipients"), number(answer, "events"),
             number(answer, "cancelled"));
  for (const auto& [name, what] :
       {std::pair("suppressions", "suppressions, which stay by the hash alone"),
        {"webhook_requests", "requests in logs of webhooks"},
        {"link_records", "records of links"},
        {"kept_messages", "messages that were kept for people to look at"},
        {"set_aside", "records that were set aside"},
        {"mail_files", "files of mail to postmaster and abuse"},
        {"counters", "rows of statistics that were named after the address"}}) {
    if (number(answer, name) > 0) {
      fmt::print("  {} {}\n", number(answer, name), what);
    }
  }
  fmt::print("Not here: backups, exports, the system's journal, what webhooks were told.\n");
}

/// Of the relay that runs, or of the data directory without one.
std::optional<std::string> erase(Context& context, const Question& question) {
  const auto data = data_directory(context);
  if (!data) {
    complain(context, data.error());
    return std::nullopt;
  }
  auto running = connect_to_relay(relay::DataDirectory::control_socket(*data));
  if (!running) {
    complain(context, running.error());
    return std::nullopt;
  }
  if (*running != nullptr) {
    return ask(context, **running, question);
  }
  Result<Answer> answer = ask_silently(context, question);
  if (!answer) {
    complain(context, answer.error());
    return std::nullopt;
  }
  if (complain_of(context, *answer)) {
    return std::nullopt;
  }
  return std::move(answer->body);
}

void erase_and_show(Context& context, const Options& options) {
  JsonText body;
  body.begin_object();
  body.field("address", options.address);
  if (!options.account.empty()) {
    body.field("account", options.account);
  }
  body.end_object();
  const std::optional<std::string> answer = erase(context, {.method = "POST",
                                                            .target = "/v1/privacy/erase",
                                                            .body = body.take(),
                                                            .patience = kPatience});
  if (!answer) {
    return;
  }
  if (context.json) {
    fmt::print("{}", *answer);
    return;
  }
  json::error_code ec;
  show_erased(json::parse(*answer, ec));
}

}  // namespace

void add_privacy(CLI::App& app, Context& context) {
  CLI::App* privacy =
      app.add_subcommand("privacy", "What is kept about one person: shows it, erases it");
  privacy->require_subcommand(1);
  const auto exported = std::make_shared<Options>();
  CLI::App* export_one =
      make(*privacy, "export", "Prints everything that is kept about them, as JSON", exported);
  export_one->callback([exported, &context] {
    const auto client = open_client(context);
    if (!client) {
      return;
    }
    const std::optional<std::string> answer =
        ask(context, *client,
            {.target = fmt::format("/v1/privacy/export?address={}&account={}",
                                   http::percent_encode(exported->address),
                                   http::percent_encode(exported->account)),
             .patience = kPatience});
    if (answer) {
      fmt::print("{}", *answer);
    }
  });
  const auto erased = std::make_shared<Options>();
  CLI::App* erase_one =
      make(*privacy, "erase",
           "Erases them: from events, logs, suppressions' words, mail that waits", erased);
  erase_one->footer(
      "Figures stand, and whoever was suppressed stays so, by a keyed hash. The database is "
      "written "
      "anew, which takes its size again on the disk for that time. docs/privacy.md says what is "
      "outside.");
  erase_one->callback([erased, &context] { erase_and_show(context, *erased); });
}

}  // namespace postrider::cli
