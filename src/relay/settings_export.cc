#include <algorithm>
#include <array>
#include <set>

#include "exports/export.h"
#include "relay/settings_sections.h"

namespace postrider::relay {
namespace {

using namespace std::chrono_literals;
using exports::Kind;

constexpr std::uint32_t kMostEvents = 100'000;
constexpr std::size_t kLongestName = 40;

/// Options that one type of export has and the others have not.
struct OwnOption {
  Kind kind;
  const char* type;
  const char* key;
};
constexpr std::array kOwnOptions{OwnOption{Kind::clickhouse, "clickhouse", "url"},
                                 OwnOption{Kind::clickhouse, "clickhouse", "user"},
                                 OwnOption{Kind::clickhouse, "clickhouse", "password"},
                                 OwnOption{Kind::clickhouse, "clickhouse", "table"},
                                 OwnOption{Kind::kafka, "kafka", "brokers"},
                                 OwnOption{Kind::kafka, "kafka", "topic"},
                                 OwnOption{Kind::kafka, "kafka", "properties"},
                                 OwnOption{Kind::files, "files", "folder"},
                                 OwnOption{Kind::files, "files", "file_size"},
                                 OwnOption{Kind::files, "files", "file_age"}};

postrider::relay::Kind<events::Type> event_type() {
  return {
      .read = [](const Node& node, const Complain& complain) -> std::optional<events::Type> {
        const auto name = text().read(node, complain);
        if (!name) {
          return std::nullopt;
        }
        const Result<events::Type> type = events::parse_type(*name);
        if (!type) {
          complain(node.place, type.error().text() + "; write one of these");
          return std::nullopt;
        }
        return *type;
      },
      .write = [](const events::Type& type) { return toml_string(std::string(to_string(type))); }};
}

bool is_name(const std::string& name) {
  return !name.empty() && name.size() <= kLongestName && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || is_digit(c) || c == '-';
  });
}

void check(Section& section, const exports::Options& options) {
  if (!section.has("type")) {
    section.complain("type", "is missing; write \"clickhouse\", \"kafka\" or \"files\"");
    return;
  }
  for (const OwnOption& own : kOwnOptions) {
    if (own.kind != options.kind && section.has(own.key)) {
      section.complain(own.key, std::string("is of exports of type \"") + own.type +
                                    "\"; leave it out, or change the type");
    }
  }
  if (options.kind == Kind::files && options.folder.empty()) {
    section.complain("folder", "is missing; write the directory that files are to be written to");
  }
  if (const Result<> checked = exports::check_options(options); !checked) {
    section.complain(options.kind == Kind::kafka ? "brokers" : "url", checked.error().text());
  }
}

void read_export(Section& section, Settings& settings, std::set<std::string>& taken) {
  exports::Options options;
  section.read("name", text(), options.name);
  section.read("type", choice<Kind>({"clickhouse", "kafka", "files"}), options.kind);
  section.read("accounts", list_of(account_name()), options.accounts);
  section.read("types", list_of(event_type()), options.types);
  section.read("start", choice<exports::Start>({"beginning", "end"}), options.start);
  section.read("gather", duration(10ms, 10min), options.gather);
  section.read("batch", whole(1, kMostEvents), options.batch);
  section.read("url", text(), options.url);
  section.read("user", text(), options.user);
  section.read("password", secret(), options.password);
  section.read("table", text(), options.table);
  section.read("brokers", list_of(text()), options.brokers);
  section.read("topic", text(), options.topic);
  section.read("properties", table_of(text(), secret()), options.properties);
  section.read("folder", path(), options.folder);
  section.read("file_size", size(64 << 10, std::uint64_t{1} << 40), options.file_bytes);
  section.read("file_age", duration(1s, 24h * 365), options.file_age);
  if (!is_name(options.name)) {
    section.complain("name", "must be 1 to 40 small letters, digits and '-', such as \"archive\"");
  } else if (!taken.insert(options.name).second) {
    section.complain("name",
                     toml_string(options.name) + " is an export already; write another name");
  }
  check(section, options);
  settings.exports.push_back(std::move(options));
}

}  // namespace

void read_exports(Section& root, Settings& settings) {
  std::set<std::string> taken;
  root.each("export", [&](Section& section) { read_export(section, settings, taken); });
}

}  // namespace postrider::relay
