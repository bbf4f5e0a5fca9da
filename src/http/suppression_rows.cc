#include "http/suppression_rows.h"

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>

#include "base/text.h"
#include "http/control.h"
#include "suppression/csv.h"
#include "suppression/standing.h"

namespace postrider::http {
namespace {

using suppression::Change;
using suppression::Reason;

constexpr std::size_t kScopeMost = 100;
constexpr std::size_t kNoteMost = 500;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

Result<Time> moment_of(const std::string& text, Time now) {
  if (const auto duration = parse_duration(text)) {
    return now + *duration;
  }
  return parse_time(text);
}

/// Which column holds what.
struct Columns {
  std::optional<std::size_t> address, reason, stream, since, expires, note;

  std::optional<std::size_t>* find(std::string_view name) {
    const std::array<std::pair<std::string_view, std::optional<std::size_t>*>, 7> all{
        {{"address", &address},
         {"email", &address},
         {"reason", &reason},
         {"stream", &stream},
         {"since", &since},
         {"expires", &expires},
         {"note", &note}}};
    const auto* found = std::ranges::find(all, name, [](const auto& one) { return one.first; });
    return found == all.end() ? nullptr : found->second;
  }
};

std::optional<std::string> cell(const std::vector<std::string>& fields,
                                std::optional<std::size_t> column) {
  if (!column || *column >= fields.size() || fields[*column].empty()) {
    return std::nullopt;
  }
  const std::string& text = fields[*column];
  return text.starts_with('\'') ? text.substr(1) : text;  // as csv_line() writes a formula
}

/// Nothing: the line names no columns.
std::optional<Columns> columns_of(const std::vector<std::string>& fields) {
  Columns columns;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    if (auto* column = columns.find(lower(fields[i])); column != nullptr && !*column) {
      *column = i;
    }
  }
  return columns.address ? std::optional(columns) : std::nullopt;
}

Result<> take_row(const std::vector<std::string>& fields, const Columns& columns,
                  suppression::Writing& writing, AccountId of, Time now, Imported& into) {
  const std::string text = cell(fields, columns.address).value_or("");
  TRY(const mail::Address address, mail::parse_mailbox(text, true));
  TRY(Change change, change_of(text,
                               {.reason = cell(fields, columns.reason),
                                .stream = cell(fields, columns.stream),
                                .since = cell(fields, columns.since),
                                .expires = cell(fields, columns.expires),
                                .note = cell(fields, columns.note)},
                               now));
  TRY(const std::vector<Change> changes, writing.list().history(of, address));
  if (is_covered(suppression::standing(changes, now), change)) {
    ++into.known;
    return {};
  }
  change.time = suppression::time_to_stand(changes, change, now);
  writing.put(into.step, of, address, change, number_of_change());
  ++into.added;
  return {};
}

}  // namespace

Result<AccountId> list_of(const ControlParts& parts, const std::string& account,
                          const std::string& global) {
  const auto snapshot = parts.directory->snapshot();
  const bool is_global = !global.empty() && global != "0" && global != "false";
  if (is_global) {
    return account.empty() ? Result<AccountId>(suppression::kGlobal)
                           : fail(Errc::invalid, "say account or global, not both");
  }
  if (!account.empty()) {
    TRY(const directory::Account found, find_account(*snapshot, account));
    return found.id;
  }
  const auto all = snapshot->accounts();
  if (all.size() != 1) {
    return fail(Errc::invalid, "account: there are several, so say which, or global");
  }
  return all.front()->id;
}

Result<AccountId> list_of(const ControlParts& parts, const RequestBody& body) {
  TRY(const std::optional<std::string> account, body.text("account"));
  TRY(const std::optional<bool> global, body.flag("global"));
  return list_of(parts, account.value_or(""), global.value_or(false) ? "1" : "");
}

std::string list_name(const ControlParts& parts, AccountId of) {
  return of == suppression::kGlobal ? "global" : account_name(*parts.directory->snapshot(), of);
}

Time now_of(const ControlParts& parts) {
  return parts.relay == nullptr ? SystemClock().now() : parts.relay->clock().now();
}

std::uint64_t number_of_change() {
  // Also those of the process before are smaller: nobody makes a thousand changes a microsecond.
  static std::atomic<std::uint64_t> last = [] {
    const auto now = std::chrono::system_clock::now().time_since_epoch();
    const auto us = std::chrono::duration_cast<std::chrono::microseconds>(now).count();
    return static_cast<std::uint64_t>(us) << 10;
  }();
  return ++last;
}

Result<std::optional<Reason>> reason_of(const std::string& name) {
  if (name.empty()) {
    return std::optional<Reason>();
  }
  const auto reason = suppression::parse_reason(name);
  if (!reason) {
    return fail(Errc::invalid,
                "reason: '" + printable(name, 40) +
                    "' is none of hard_bounce, complaint, unsubscribe, manual, repeated_soft");
  }
  return reason;
}

Result<Change> change_of(std::string_view address, const Wanted& wanted, Time now) {
  Change change;
  TRY(const auto reason, reason_of(wanted.reason.value_or("")));
  change.reason = reason.value_or(Reason::manual);
  change.scope = wanted.stream.value_or("");
  change.time = now;
  if (wanted.since && !wanted.since->empty()) {
    TRY(const Time since, parse_time(*wanted.since), "since");
    change.time = std::min(since, now);  // no removal of today's is to come before it
  }
  if (wanted.expires && !wanted.expires->empty()) {
    TRY(change.expires, moment_of(*wanted.expires, now), "expires");
  }
  change.address = address;
  change.note = wanted.note.value_or("");
  TRY_VOID(check_text(change));
  return change;
}

Result<> check_text(const Change& change) {
  if (change.scope.size() > kScopeMost || !is_printable(change.scope)) {
    return fail(Errc::invalid, "stream: 100 printable characters at most");
  }
  if (change.note.size() > kNoteMost || !is_printable(change.note)) {
    return fail(Errc::invalid, "note: 500 printable characters at most");
  }
  return {};
}

void write(JsonText& json, const Change& change) {
  json.begin_object();
  json.field("address", change.address);
  if (change.is_removal) {
    json.field("removed", true);
  }
  json.field("reason", suppression::to_string(change.reason));
  json.field("stream", change.scope);
  json.field("since", format_time(change.time));
  json.field("expires", change.expires ? format_time(*change.expires) : "");
  if (change.source.exists()) {
    json.field("source", change.source.value);
  }
  json.field("note", change.note);
  json.end_object();
}

Result<> read_rows(std::string_view csv, suppression::Writing& writing, AccountId of, Time now,
                   Imported& into) {
  csv.remove_prefix(csv.starts_with(kByteOrderMark) ? kByteOrderMark.size() : 0);
  Columns columns;
  columns.address = 0;
  std::uint64_t number = 0;
  for (const std::string_view line : split(csv, '\n')) {
    ++number;
    if (trim(line).empty()) {
      continue;
    }
    const auto fields = suppression::parse_csv_line(line);
    if (!fields) {
      into.errors.emplace_back(number, fields.error().text());
      continue;
    }
    if (const auto named = number == 1 ? columns_of(*fields) : std::nullopt) {
      columns = *named;
      continue;
    }
    if (const Result<> taken = take_row(*fields, columns, writing, of, now, into); !taken) {
      if (taken.error().code() != Errc::invalid) {
        return taken;
      }
      into.errors.emplace_back(number, taken.error().text());
    }
  }
  return {};
}

}  // namespace postrider::http
