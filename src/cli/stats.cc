#include <algorithm>
#include <fmt/format.h>
#include <memory>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/bar.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kBarWidth = 16;

using Parameters = std::vector<std::pair<std::string, std::string>>;

std::string target_of(const Parameters& parameters) {
  std::string target = "/v1/statistics";
  for (const auto& [name, value] : parameters) {
    if (!value.empty()) {
      target += fmt::format("{}{}={}", target.contains('?') ? '&' : '?', name,
                            http::percent_encode(value));
    }
  }
  return target;
}

std::string percent(const json::value& row, const char* rate) {
  const json::value& value = member(member(row, "rates"), rate);
  return value.is_number() ? fmt::format("{:.1f}%", value.to_number<double>() * 100) : "-";
}

std::string took(const json::value& row, const char* quantile) {
  const json::value& value = member(member(row, "delivery_ms"), quantile);
  if (!value.is_number()) {
    return "-";
  }
  const auto ms = value.to_number<double>();
  if (ms < 1000) {
    return fmt::format("{:.0f} ms", ms);
  }
  if (ms < 120'000) {
    return fmt::format("{:.1f} s", ms / 1000);
  }
  return ms < 7'200'000 ? fmt::format("{:.0f} min", ms / 60'000)
                        : fmt::format("{:.1f} h", ms / 3'600'000);
}

std::uint64_t bounced(const json::value& row) {
  return number(row, "failed") + number(row, "expired") + number(row, "bounced");
}

/// What can be told before a message has been tried is not told by where it went.
bool is_known_at_acceptance(const std::string& by) {
  return by != "provider" && by != "source" && by != "category";
}

std::uint64_t volume(const json::value& row, bool by_accepted) {
  return by_accepted ? number(row, "accepted")
                     : number(row, "delivered") + number(row, "deferred") + bounced(row);
}

/// A day is "2026-11-24", an hour "2026-11-24 05:00".
std::string label(const std::string& by, const json::value& row) {
  const std::string name = text(row, "name");
  if (by == "day") {
    return name.substr(0, 10);
  }
  if (by == "hour") {
    return fmt::format("{} {}", name.substr(0, 10),
                       name.substr(std::min<std::size_t>(11, name.size()), 5));
  }
  return name.empty() ? (by == "total" ? "all" : "none") : name;
}

std::vector<Cell> cells(const std::string& name, const json::value& row, bool by_accepted,
                        const std::string& bar) {
  std::vector<Cell> all{name};
  if (by_accepted) {
    all.emplace_back(digits(row, "accepted"));
  }
  all.emplace_back(digits(row, "delivered"), Colour::good);
  all.emplace_back(digits(row, "deferred"), Colour::doubtful);
  all.emplace_back(std::to_string(bounced(row)), bounced(row) > 0 ? Colour::bad : Colour::plain);
  all.emplace_back(percent(row, by_accepted ? "delivery" : "success"));
  all.emplace_back(percent(row, "deferral"));
  for (const char* quantile : {"p50", "p90", "p99"}) {
    all.emplace_back(took(row, quantile));
  }
  if (shows_bars()) {
    all.emplace_back(bar);
  }
  return all;
}

Table table_for(const std::string& by, bool by_accepted) {
  std::vector<std::string> headings{by};
  if (by_accepted) {
    headings.emplace_back(">accepted");
  }
  for (const char* heading : {">delivered", ">deferred", ">bounced"}) {
    headings.emplace_back(heading);
  }
  headings.emplace_back(by_accepted ? ">delivery" : ">success");
  for (const char* heading : {">deferral", ">p50", ">p90", ">p99"}) {
    headings.emplace_back(heading);
  }
  if (shows_bars()) {
    headings.emplace_back("");
  }
  return Table(std::move(headings));
}

void show(const json::value& answer) {
  const std::string by = text(answer, "by");
  const bool by_accepted = is_known_at_acceptance(by);
  std::uint64_t most = 0;
  for (const json::value& row : list(answer, "rows")) {
    most = std::max(most, volume(row, by_accepted));
  }
  Table table = table_for(by, by_accepted);
  for (const json::value& row : list(answer, "rows")) {
    table.add(
        cells(label(by, row), row, by_accepted, bar(volume(row, by_accepted), most, kBarWidth)));
  }
  if (list(answer, "rows").size() > 1) {
    table.add(cells("in all", member(answer, "total"), by_accepted, ""));
  }
  fmt::print("{} to {} (UTC)\n", text(answer, "from").substr(0, 16),
             text(answer, "to").substr(0, 16));
  if (table.empty()) {
    fmt::print("Nothing was counted in this time.\n");
  } else {
    table.print();
  }
  if (const std::uint64_t left_off = number(answer, "left_off"); left_off > 0) {
    fmt::print("{} more; --limit shows them.\n", left_off);
  }
  if (number(answer, "counted_to") < number(answer, "last")) {
    fmt::print("{} events are still to be counted.\n",
               number(answer, "last") - number(answer, "counted_to"));
  }
}

/// What is known only once somebody reads: there is no delivery to compare with.
bool is_of_readers(const std::string& by) {
  return by == "country" || by == "client" || by == "device";
}

struct ReaderColumns {
  bool machines = false;
  bool delivered = true;
};

std::vector<Cell> reader_cells(const std::string& name, const json::value& row,
                               const ReaderColumns& columns) {
  std::vector<Cell> all{name};
  if (columns.delivered) {
    all.emplace_back(digits(row, "delivered"));
  }
  for (const char* count :
       {"opened_unique", "opened", "clicked_unique", "clicked", "unsubscribed"}) {
    all.emplace_back(digits(row, count));
  }
  if (columns.machines) {
    all.emplace_back(digits(row, "opened_by_machines"));
    all.emplace_back(digits(row, "clicked_by_machines"));
  }
  if (columns.delivered) {
    all.emplace_back(percent(row, "open"));
    all.emplace_back(percent(row, "click"));
  }
  return all;
}

/// What readers did; what machines did stands apart.
void show_readers(const json::value& answer, bool machines) {
  const std::string by = text(answer, "by");
  const ReaderColumns columns{.machines = machines, .delivered = !is_of_readers(by)};
  std::vector<std::string> headings{by};
  if (columns.delivered) {
    headings.emplace_back(">delivered");
  }
  headings.insert(headings.end(),
                  {">opened by", ">opens", ">clicked by", ">clicks", ">unsubscribed"});
  if (machines) {
    headings.insert(headings.end(), {">machines' opens", ">machines' clicks"});
  }
  if (columns.delivered) {
    headings.insert(headings.end(), {">open", ">click"});
  }
  Table table(headings);
  for (const json::value& row : list(answer, "rows")) {
    table.add(reader_cells(label(by, row), row, columns));
  }
  if (list(answer, "rows").size() > 1) {
    table.add(reader_cells("in all", member(answer, "total"), columns));
  }
  fmt::print("{} to {} (UTC)\n", text(answer, "from").substr(0, 16),
             text(answer, "to").substr(0, 16));
  if (table.empty()) {
    fmt::print("Nothing was counted in this time.\n");
  } else {
    table.print();
  }
}

}  // namespace

void add_stats(CLI::App& app, Context& context) {
  struct Options {
    std::string by, from, to, account, stream, domain, provider, source, category, campaign, limit;
    std::string country, client, device;
    bool readers = false;
    bool machines = false;
  };
  const auto options = std::make_shared<Options>();
  CLI::App* stats = app.add_subcommand("stats", "Figures: what was accepted and what became of it");
  stats->add_option("--by", options->by,
                    "hour, day (default), total, account, stream, domain, provider, source, "
                    "category, campaign; of readers country, client, device");
  stats->add_option("--from", options->from,
                    "Begin: a time (2026-11-24T05:00:00Z, 2026-11-24) or so long ago (30d); "
                    "default 7d, by hour 24h");
  stats->add_option("--to", options->to, "End, not included; default now");
  stats->add_option("--account", options->account, "Only of this account, by its name");
  stats->add_option("--stream", options->stream, "Only of this stream");
  stats->add_option("--domain", options->domain, "Only of this sending domain (of From:)");
  stats->add_option("--provider", options->provider, "Only of this provider (site)");
  stats->add_option("--source", options->source, "Only what was sent from this address");
  stats->add_option("--category", options->category, "Only failures of this category");
  stats->add_option("--campaign", options->campaign, "Only of this campaign");
  stats->add_option("--country", options->country, "Only of readers there (ISO 3166-1: DE)");
  stats->add_option("--client", options->client, "Only of readers with this program");
  stats->add_option("--device", options->device, "Only of readers with this device");
  stats->add_flag("--readers", options->readers, "Opens, clicks and unsubscribes: people's");
  stats->add_flag("--machines", options->machines, "The same, and machines' beside them");
  stats->add_option("--limit", options->limit, "Rows at most, busiest first; default 20");
  stats->footer(
      "Bounced are failed, expired and bounced later. delivery: delivered of accepted. success: "
      "delivered of those that ended. deferral: attempts put off of all. p50, p90, p99: from "
      "acceptance to delivery, within 3.2%. Opened by and clicked by: recipients, each once. Times "
      "are UTC; with --json the definitions too.");
  stats->callback([options, &context] {
    ask_and_show(context,
                 {.target = target_of({{"by", options->by},
                                       {"from", options->from},
                                       {"to", options->to},
                                       {"account", options->account},
                                       {"stream", options->stream},
                                       {"domain", options->domain},
                                       {"provider", options->provider},
                                       {"source", options->source},
                                       {"category", options->category},
                                       {"campaign", options->campaign},
                                       {"country", options->country},
                                       {"client", options->client},
                                       {"device", options->device},
                                       {"limit", options->limit}})},
                 [options](const json::value& answer) {
                   const bool of_readers = is_of_readers(options->by) ||
                                           !options->country.empty() || !options->client.empty() ||
                                           !options->device.empty();
                   if (options->readers || options->machines || of_readers) {
                     show_readers(answer, options->machines);
                   } else {
                     show(answer);
                   }
                 });
  });
}

}  // namespace postrider::cli
