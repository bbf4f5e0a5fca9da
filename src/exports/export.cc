#include "exports/export.h"

#include <algorithm>
#include <set>
#include <utility>

#include "base/log.h"
#include "exports/clickhouse.h"
#include "exports/files.h"
#include "exports/kafka.h"

namespace postrider::exports {
namespace {

constexpr std::chrono::seconds kFirstWait{1};
constexpr std::chrono::seconds kLongestWait{30};

}  // namespace

Export::Export(Options options, std::unique_ptr<Destination> destination, FindAccount find_account)
    : options_(std::move(options)),
      cursor_("export:" + options_.name),
      destination_(std::move(destination)),
      find_account_(std::move(find_account)) {}

Result<> Export::take(std::span<const events::Event> events, store::Step& /*step*/) {
  std::set<AccountId> accounts;
  for (const std::string& name : options_.accounts) {
    if (const std::optional<AccountId> found = find_account_(name)) {
      accounts.insert(*found);
    }
  }
  std::vector<const events::Event*> chosen;
  chosen.reserve(events.size());
  for (const events::Event& event : events) {
    if (options_.accounts.empty() || accounts.contains(event.account)) {
      chosen.push_back(&event);
    }
  }
  return destination_->deliver(chosen);
}

std::chrono::milliseconds Export::try_again(std::uint64_t failures) const {
  std::chrono::milliseconds wait = kFirstWait;
  for (std::uint64_t i = 1; i < failures && wait < kLongestWait; ++i) {
    wait *= 2;
  }
  return std::min<std::chrono::milliseconds>(wait, kLongestWait);
}

void Export::idle() {
  if (const Result<> done = destination_->idle(); !done) {
    log::error("an export has failed", {{"export", options_.name}, {"why", done.error().text()}});
  }
}

Result<std::unique_ptr<Export>> make_export(const Options& options, const Parts& parts) {
  std::unique_ptr<Destination> destination;
  switch (options.kind) {
    case Kind::clickhouse: {
      TRY(destination, make_clickhouse(options, parts.resolver));
      break;
    }
    case Kind::kafka: {
      TRY(destination, make_kafka(options));
      break;
    }
    case Kind::files: {
      destination = make_files(options, parts.events);
      break;
    }
  }
  return std::make_unique<Export>(options, std::move(destination), parts.find_account);
}

Result<> check_options(const Options& options) {
  switch (options.kind) {
    case Kind::clickhouse:
      return check_clickhouse(options);
    case Kind::kafka:
      return check_kafka(options);
    case Kind::files:
      return {};
  }
  return {};
}

}  // namespace postrider::exports
