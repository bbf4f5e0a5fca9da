#include <fmt/core.h>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

constexpr const char* kCampaigns = "/v1/campaign-tracking";
constexpr const char* kRefusals = "/v1/tracking-refusals";

struct Options {
  std::string account;
  bool global = false;
  std::string campaign, track, privacy, address;

  std::string query() const {
    return global ? "?global=1" : "?account=" + http::percent_encode(account);
  }
};
using OptionsPtr = std::shared_ptr<Options>;

/// `members` that are empty are left out.
std::string body_of(std::initializer_list<std::pair<const char*, std::string>> members,
                    bool global = false) {
  JsonText body;
  body.begin_object();
  if (global) {
    body.field("global", true);
  }
  for (const auto& [name, value] : members) {
    if (!value.empty()) {
      body.field(name, value);
    }
  }
  body.end_object();
  return body.take();
}

void show_campaigns(const json::value& answer) {
  Table table({"account", "campaign", "track", "privacy"});
  for (const json::value& one : list(answer, "campaigns")) {
    table.add({text(one, "account"), printable(text(one, "campaign")), text(one, "track"),
               text(one, "privacy")});
  }
  if (table.empty()) {
    fmt::print("Every campaign is tracked as its stream is.\n");
  } else {
    table.print();
  }
}

void add_campaign(CLI::App& tracking, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* set = tracking.add_subcommand(
      "campaign", "What is tracked in a campaign's messages from now on, whatever its stream says");
  set->add_option("CAMPAIGN", options->campaign, "As its messages name it (X-Mailjet-Campaign)")
      ->required();
  set->add_option("--account", options->account, "Whose; not needed where there is one");
  set->add_option("--track", options->track, "off, opens, clicks or both");
  set->add_option("--privacy", options->privacy,
                  "The most that may be known; the account's level stays the ceiling");
  set->callback([options, &context] {
    ask_and_show(context,
                 {.method = "POST",
                  .target = kCampaigns,
                  .body = body_of({{"account", options->account},
                                   {"campaign", options->campaign},
                                   {"track", options->track},
                                   {"privacy", options->privacy}})},
                 [](const json::value& answer) {
                   fmt::print("{}: track {}, privacy {}\n", printable(text(answer, "campaign")),
                              text(answer, "track"), text(answer, "privacy"));
                 });
  });

  const auto reset_options = std::make_shared<Options>();
  CLI::App* reset = tracking.add_subcommand(
      "reset-campaign", "Tracks a campaign's messages as its stream says, from now on");
  reset->add_option("CAMPAIGN", reset_options->campaign, "As its messages name it")->required();
  reset->add_option("--account", reset_options->account, "Whose; not needed where there is one");
  reset->callback([reset_options, &context] {
    ask_and_show(context,
                 {.method = "DELETE",
                  .target = kCampaigns + reset_options->query() +
                            "&campaign=" + http::percent_encode(reset_options->campaign)},
                 [](const json::value& answer) {
                   fmt::print("{} is tracked as its stream is\n",
                              printable(text(answer, "campaign")));
                 });
  });

  const auto list_options = std::make_shared<Options>();
  CLI::App* all = tracking.add_subcommand("campaigns", "Campaigns with settings of their own");
  all->add_option("--account", list_options->account, "Only of this account");
  all->callback([list_options, &context] {
    ask_and_show(context, {.target = kCampaigns + list_options->query()}, show_campaigns);
  });
}

/// A subcommand about one address on one list.
CLI::App* about_address(CLI::App& tracking, const char* name, const char* says,
                        const OptionsPtr& options) {
  CLI::App* made = tracking.add_subcommand(name, says);
  made->add_option("ADDRESS", options->address, "Whom mail is sent to")->required();
  CLI::Option* account = made->add_option("--account", options->account,
                                          "In mail of this account; not needed where "
                                          "there is one");
  made->add_flag("--global", options->global, "In mail of every account")->excludes(account);
  return made;
}

void add_refusals(CLI::App& tracking, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* refuse = about_address(
      tracking, "refuse", "Somebody does not want to be tracked: not in mail from now on", options);
  refuse->add_option("--privacy", options->privacy,
                     "The most that may be known: off (not said), anonymous, pseudonymous, "
                     "identified");
  refuse->callback([options, &context] {
    ask_and_show(context,
                 {.method = "POST",
                  .target = kRefusals,
                  .body = body_of({{"account", options->account},
                                   {"address", options->address},
                                   {"privacy", options->privacy}},
                                  options->global)},
                 [](const json::value& answer) {
                   fmt::print("{}: {} in mail from now on ({})\n",
                              printable(text(answer, "address")), text(answer, "privacy"),
                              text(answer, "list"));
                 });
  });

  const auto allow_options = std::make_shared<Options>();
  CLI::App* allow = about_address(tracking, "allow", "Takes back what they refused", allow_options);
  allow->callback([allow_options, &context] {
    ask_and_show(context,
                 {.method = "DELETE",
                  .target = kRefusals + allow_options->query() +
                            "&address=" + http::percent_encode(allow_options->address)},
                 [](const json::value& answer) {
                   fmt::print("{} is off the list ({})\n", printable(text(answer, "address")),
                              text(answer, "list"));
                 });
  });

  const auto show_options = std::make_shared<Options>();
  CLI::App* show =
      about_address(tracking, "show", "What may be known of somebody at most", show_options);
  show->callback([show_options, &context] {
    ask_and_show(context,
                 {.target = kRefusals + show_options->query() +
                            "&address=" + http::percent_encode(show_options->address)},
                 [](const json::value& answer) {
                   fmt::print("{}: {} at most\n", printable(text(answer, "address")),
                              text(answer, "level"));
                   for (const json::value& one : list(answer, "refusals")) {
                     fmt::print("  {} since {} ({})\n", text(one, "privacy"), text(one, "since"),
                                text(one, "list"));
                   }
                 });
  });
}

}  // namespace

void add_tracking(CLI::App& app, Context& context) {
  CLI::App* tracking = app.add_subcommand(
      "tracking", "What is tracked of a campaign, and of people who do not want it");
  tracking->require_subcommand(1);
  add_campaign(*tracking, context);
  add_refusals(*tracking, context);
}

}  // namespace postrider::cli
