#include <fmt/core.h>
#include <fstream>
#include <iostream>
#include <memory>
#include <string>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/json_text.h"
#include "base/text.h"
#include "cli/ask.h"
#include "cli/command.h"
#include "cli/json_value.h"
#include "cli/suppression_file.h"
#include "cli/table.h"
#include "http/request_target.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

struct Options {
  std::string account;
  bool global = false;
  std::string address, stream, reason, expires, note, file, after;
  std::uint32_t limit = 1000;

  std::string list() const {
    return global ? "global=1" : "account=" + http::percent_encode(account);
  }
};
using OptionsPtr = std::shared_ptr<Options>;

/// A subcommand that says which list it is about.
CLI::App* make(CLI::App& suppression, const char* name, const char* says,
               const OptionsPtr& options) {
  CLI::App* made = suppression.add_subcommand(name, says);
  CLI::Option* account =
      made->add_option("--account", options->account, "Whose list; not needed where there is one");
  made->add_flag("--global", options->global, "The list that holds for every account")
      ->excludes(account);
  return made;
}

void add_address(CLI::App& command, const OptionsPtr& options) {
  command.add_option("ADDRESS", options->address, "The address")->required();
}

void add_reason(CLI::App& command, const OptionsPtr& options, const char* says) {
  command.add_option("--reason", options->reason, says)
      ->check(
          CLI::IsMember({"hard_bounce", "complaint", "unsubscribe", "manual", "repeated_soft"}));
}

std::string scope(const json::value& change) {
  const std::string stream = text(change, "stream");
  return stream.empty() ? "everything" : stream;
}

void show_changes(const json::value& answer, const char* name) {
  Table table({"address", "reason", "of", "since", "expires", "source", "note"});
  for (const json::value& one : list(answer, name)) {
    const bool is_removal = flag(one, "removed");
    table.add({printable(text(one, "address")),
               (is_removal ? "taken back: " : "") + text(one, "reason"), printable(scope(one)),
               text(one, "since"), text(one, "expires"),
               number(one, "source") == 0 ? "" : digits(one, "source"),
               printable(text(one, "note"), 60)});
  }
  table.print();
}

void show_list(const json::value& answer) {
  show_changes(answer, "suppressions");
  if (const std::string next = text(answer, "next"); !next.empty()) {
    fmt::print("There are more: --after {}\n", next);
  }
}

void show_why(const json::value& answer) {
  for (const json::value& one : list(answer, "lists")) {
    const bool stands = !list(one, "standing").empty();
    fmt::print("{}: {}\n", text(one, "list"),
               stands ? paint("suppressed", Colour::bad) : paint("not on the list", Colour::good));
    if (!list(one, "history").empty()) {
      show_changes(one, "history");
    }
  }
}

void add_add(CLI::App& suppression, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* add = make(suppression, "add", "Sends an address no more mail", options);
  add_address(*add, options);
  add->add_option("--stream", options->stream,
                  "Only of this stream (bulk, transactional); otherwise everything");
  add_reason(*add, options, "manual where it isn't said");
  add->add_option("--expires", options->expires, "A time, or a duration from now: 30d");
  add->add_option("--note", options->note, "For people");
  add->callback([options, &context] {
    JsonText body;
    body.begin_object();
    if (options->global) {
      body.field("global", true);
    }
    for (const auto& [name, value] :
         {std::pair<const char*, const std::string&>("account", options->account),
          {"address", options->address},
          {"stream", options->stream},
          {"reason", options->reason},
          {"expires", options->expires},
          {"note", options->note}}) {
      if (!value.empty()) {
        body.field(name, value);
      }
    }
    body.end_object();
    ask_and_show(context, {.method = "POST", .target = "/v1/suppressions", .body = body.take()},
                 show_list);
  });
}

void add_remove(CLI::App& suppression, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* remove = make(suppression, "remove",
                          "Sends an address mail again; what happened before is kept", options);
  add_address(*remove, options);
  remove->add_option("--stream", options->stream, "Only what is suppressed of this stream");
  add_reason(*remove, options, "Only what is suppressed for this reason");
  remove->add_option("--note", options->note, "Why, for people");
  remove->callback([options, &context] {
    std::string target = "/v1/suppressions?" + options->list() +
                         "&address=" + http::percent_encode(options->address);
    target += "&stream=" + http::percent_encode(options->stream);
    target += "&reason=" + options->reason + "&note=" + http::percent_encode(options->note);
    ask_and_show(context, {.method = "DELETE", .target = std::move(target)},
                 [](const json::value& answer) {
                   fmt::print("{} gets mail again ({} taken back from the list of {})\n",
                              printable(text(answer, "address")), number(answer, "removed"),
                              text(answer, "list"));
                 });
  });
}

void add_list(CLI::App& suppression, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* list = make(suppression, "list", "Lists the addresses, in no order", options);
  add_reason(*list, options, "Only those");
  list->add_option("--limit", options->limit, "Addresses looked at, at most")
      ->capture_default_str()
      ->check(CLI::Range(1, 10'000));
  list->add_option("--after", options->after, "Go on where an earlier list ended");
  list->callback([options, &context] {
    ask_and_show(context,
                 {.target = fmt::format("/v1/suppressions?{}&reason={}&limit={}&after={}",
                                        options->list(), options->reason, options->limit,
                                        http::percent_encode(options->after))},
                 show_list);
  });
}

void add_why(CLI::App& suppression, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* why =
      make(suppression, "why", "Tells why an address gets no mail, and what was before", options);
  add_address(*why, options);
  why->callback([options, &context] {
    ask_and_show(context,
                 {.target = fmt::format("/v1/suppressions/why?{}&address={}", options->list(),
                                        http::percent_encode(options->address))},
                 show_why);
  });
}

void add_files(CLI::App& suppression, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* import =
      make(suppression, "import", "Puts the addresses of a CSV file on the list", options);
  import->add_option("FILE", options->file, "- is standard input")->required();
  import->footer(
      "The first line names the columns: address and, where they are known, reason, stream, since, "
      "expires, note. A file without such a line has an address in each line.");
  import->callback([options, &context] {
    if (options->file == "-") {
      import_suppressions(context, options->list(), std::cin);
      return;
    }
    std::ifstream file(options->file, std::ios::binary);
    if (!file) {
      complain(context, {Errc::not_found, options->file + ": it can't be read"});
      return;
    }
    import_suppressions(context, options->list(), file);
  });
  CLI::App* exported =
      make(suppression, "export", "Prints the list as CSV, as `import` reads it", options);
  exported->callback([options, &context] { export_suppressions(context, options->list()); });
}

}  // namespace

void add_suppression(CLI::App& app, Context& context) {
  CLI::App* suppression = app.add_subcommand("suppression", "To whom no mail goes, and why");
  suppression->require_subcommand(1);
  add_add(*suppression, context);
  add_remove(*suppression, context);
  add_list(*suppression, context);
  add_why(*suppression, context);
  add_files(*suppression, context);
}

}  // namespace postrider::cli
