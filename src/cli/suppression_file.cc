#include "cli/suppression_file.h"

#include <array>
#include <fmt/core.h>
#include <istream>
#include <utility>

#include <boost/json.hpp>

#include "base/text.h"
#include "cli/ask.h"
#include "cli/json_value.h"
#include "suppression/csv.h"

namespace postrider::cli {

namespace json = boost::json;

namespace {

constexpr std::size_t kPieceBytes = 500'000;  // the control API takes a megabyte

std::string source_of(const json::value& change) {
  return number(change, "source") == 0 ? "" : digits(change, "source");
}

/// Sends lines in pieces, each behind the line that names the columns.
class Import {
 public:
  Import(Context& context, ControlClient& client, const std::string& list)
      : context_(context), client_(client), target_("/v1/suppressions/import?" + list) {}

  bool take(std::string line) {
    ++line_;
    if (line_ == 1) {
      if (names_columns(line)) {
        heading_ = line + "\n";
        piece_begins_ = 2;
        return true;
      }
    }
    piece_ += std::move(line) + "\n";
    return piece_.size() < kPieceBytes || send();
  }

  bool send() {
    if (piece_.empty()) {
      return true;
    }
    const auto body =
        ask(context_, client_, {.method = "POST", .target = target_, .body = heading_ + piece_});
    const std::uint64_t first = std::exchange(piece_begins_, line_ + 1);
    piece_.clear();
    if (!body) {
      return false;
    }
    json::error_code ec;
    const json::value answer = json::parse(*body, ec);
    added += number(answer, "added");
    known += number(answer, "known");
    for (const json::value& error : list(answer, "errors")) {
      ++bad;
      const std::uint64_t line = first + number(error, "line") - (heading_.empty() ? 1 : 2);
      fmt::print(stderr, "postrider: line {}: {}\n", line, printable(text(error, "text")));
    }
    return true;
  }

  std::uint64_t added = 0;
  std::uint64_t known = 0;
  std::uint64_t bad = 0;

 private:
  static bool names_columns(const std::string& line) {
    const std::string small = lower(line);
    return small.find('@') == std::string::npos &&
           (small.find("address") != std::string::npos || small.find("email") != std::string::npos);
  }

  Context& context_;
  ControlClient& client_;
  std::string target_;
  std::string heading_;
  std::string piece_;
  std::uint64_t line_ = 0;
  std::uint64_t piece_begins_ = 1;
};

}  // namespace

void import_suppressions(Context& context, const std::string& list, std::istream& from) {
  const auto client = open_client(context);
  if (!client) {
    return;
  }
  Import import(context, *client, list);
  std::string line;
  bool goes_on = true;
  while (goes_on && std::getline(from, line)) {
    goes_on = import.take(std::move(line));
  }
  if (goes_on) {
    goes_on = import.send();
  }
  if (context.json) {
    fmt::print("{{\"added\":{},\"known\":{},\"bad\":{}}}\n", import.added, import.known,
               import.bad);
  } else {
    fmt::print("{} added, {} stood there already, {} lines could not be read\n", import.added,
               import.known, import.bad);
  }
  if (!goes_on || import.bad > 0) {
    context.exit = kFailed;
  }
}

void export_suppressions(Context& context, const std::string& list_name) {
  const auto client = open_client(context);
  if (!client) {
    return;
  }
  fmt::print("address,reason,stream,since,expires,source,note\n");
  std::string after;
  do {
    const auto body =
        ask(context, *client,
            {.target = "/v1/suppressions?" + list_name + "&limit=5000&after=" + after});
    if (!body) {
      return;
    }
    json::error_code ec;
    const json::value answer = json::parse(*body, ec);
    for (const json::value& one : list(answer, "suppressions")) {
      const std::array<std::string, 7> fields{
          text(one, "address"), text(one, "reason"), text(one, "stream"), text(one, "since"),
          text(one, "expires"), source_of(one),      text(one, "note")};
      fmt::print("{}\n", suppression::csv_line(fields));
    }
    after = text(answer, "next");
  } while (!after.empty());
}

}  // namespace postrider::cli
