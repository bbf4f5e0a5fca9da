#include "cli/export.h"

#include <chrono>
#include <csignal>
#include <fmt/core.h>
#include <memory>
#include <string>
#include <thread>

#include <CLI/CLI.hpp>
#include <boost/json.hpp>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/json_value.h"
#include "exports/event_folder.h"

namespace postrider::cli {

namespace json = boost::json;
using exports::EventFolder;

namespace {

constexpr std::uint64_t kPage = 1000;
constexpr std::chrono::milliseconds kLookAgain{500};
constexpr std::chrono::milliseconds kTryAgain{2000};  // the relay is being started again

volatile std::sig_atomic_t is_stopping = 0;

void stop(int /*signal*/) {
  is_stopping = 1;
}

struct Options {
  std::string folder;
  std::string file_size = "64MiB";
  std::string file_age = "1h";
  std::uint64_t from = 1;
  bool once = false;
};

/// One page into the folder; how many events it had.
Result<std::size_t> export_page(EventFolder& folder, const json::value& page, std::uint64_t from) {
  const json::array& events = list(page, "events");
  if (number(page, "last") + 1 < from) {
    return fail(Errc::invalid,
                fmt::format("the event log ends at {}, and the folder at {}: the log "
                            "has lost its end, or is another one; export to "
                            "another folder",
                            number(page, "last"), from - 1));
  }
  if (events.empty()) {
    TRY_VOID(folder.finish_if_due());
    return std::size_t{0};
  }
  std::string lines;
  for (const json::value& event : events) {
    lines += json::serialize(event) + "\n";
  }
  TRY_VOID(
      folder.append(number(events.front(), "sequence"), number(events.back(), "sequence"), lines));
  return events.size();
}

void run_loop(Context& context, const Options& options, EventFolder& folder) {
  std::uint64_t from = folder.last() ? *folder.last() + 1 : options.from;
  std::unique_ptr<ControlClient> client;
  while (is_stopping == 0) {
    client = client ? std::move(client) : open_client(context);
    const auto body = client
                          ? ask(context, *client,
                                {.target = fmt::format("/v1/events?from={}&limit={}", from, kPage)})
                          : std::nullopt;
    std::size_t count = 0;
    if (body) {
      const Result<std::size_t> done = export_page(folder, json::parse(*body), from);
      if (!done) {
        complain(context, done.error());
        return;
      }
      count = *done;
      from = folder.last() ? *folder.last() + 1 : from;
    }
    if (count == 0) {
      if (options.once) {
        return;
      }
      client.reset();  // the relay may be another process by then
      std::this_thread::sleep_for(body ? kLookAgain : kTryAgain);
    }
  }
}

void run(Context& context, const Options& options) {
  const Result<std::uint64_t> size = parse_size(options.file_size);
  const Result<Duration> age = parse_duration(options.file_age);
  if (!size || !age) {
    complain(context, size ? age.error() : size.error());
    return;
  }
  auto folder =
      EventFolder::open({.folder = options.folder, .file_bytes = *size, .file_age = *age});
  if (!folder) {
    complain(context, folder.error());
    return;
  }
  std::signal(SIGTERM, stop);
  std::signal(SIGINT, stop);
  run_loop(context, options, **folder);
  if (const Result<> finished = (*folder)->finish(); !finished) {
    complain(context, finished.error());
  } else if (is_stopping != 0) {
    context.exit = kDone;
  }
}

}  // namespace

void add_export(CLI::App& events, Context& context) {
  const auto options = std::make_shared<Options>();
  CLI::App* command = events.add_subcommand(
      "export", "Writes all events to files in a folder, and goes on with what comes");
  command->add_option("folder", options->folder, "Made where it is missing")->required();
  command->add_option("--file-size", options->file_size, "A file is finished at this size")
      ->capture_default_str();
  command->add_option("--file-age", options->file_age, "... or at this age")->capture_default_str();
  command->add_option("--from", options->from, "Where an empty folder begins in the log")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
  command->add_flag("--once", options->once, "End when all has been written");
  command->footer(
      "The folder is its own cursor: after whatever end, this goes on behind its last line, and\n"
      "each event is in it once.");
  command->callback([options, &context] { run(context, *options); });
}

}  // namespace postrider::cli
