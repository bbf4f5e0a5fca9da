#include "cli/first_start.h"

namespace postrider::cli {

Result<std::optional<FirstLogin>> make_first_account(relay::Relay& relay) {
  directory::Directory& directory = relay.directory();
  if (!directory.snapshot()->accounts().empty()) {
    return std::optional<FirstLogin>();
  }
  const Time now = relay.clock().now();
  TRY(const directory::Account account, directory.add_account("default", now));
  TRY_VOID(directory.add_domain(account.id, "postrider.test", true, now));
  TRY(const auto made,
      directory.add_credential(account.id, "", "", directory::Stream::automatic, now));
  return std::optional(FirstLogin{.user = made.credential.user, .password = made.password});
}

}  // namespace postrider::cli
