#include "relay/export_consumers.h"

#include <optional>
#include <string>
#include <utility>

#include "exports/export.h"

namespace postrider::relay {

Result<> add_exports(events::Consumers& consumers, const Settings& settings,
                     dns::Resolver& resolver, const events::EventStore& events,
                     const directory::Directory& directory) {
  const exports::Parts parts{
      .resolver = resolver,
      .events = events,
      .find_account = [&directory](const std::string& name) -> std::optional<AccountId> {
        const auto snapshot = directory.snapshot();
        const directory::Account* const found = snapshot->account(name);
        return found == nullptr ? std::nullopt : std::optional(found->id);
      }};
  for (const exports::Options& options : settings.exports) {
    TRY(auto made, exports::make_export(options, parts), "export " + options.name);
    consumers.add(std::move(made));
  }
  return {};
}

}  // namespace postrider::relay
