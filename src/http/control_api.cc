#include "http/control_api.h"

#include <memory>

#include "base/text.h"
#include "http/audit.h"
#include "http/control.h"
#include "mail/address.h"

namespace postrider::http {

using boost::asio::awaitable;

namespace {

awaitable<Response> perform(const ControlParts& parts, Entry entry, Call call) {
  if (entry.needs == Needs::relay && parts.relay == nullptr) {
    co_return error_answer(503, "not_running",
                           "no relay is running on this data directory, and this needs one: start "
                           "it with `postrider serve`");
  }
  const bool is_told = parts.relay != nullptr && changes_a_setting(entry.method, entry.pattern);
  const Request request = is_told ? call.request : Request();
  Result<Response> response = co_await entry.action(parts, std::move(call));
  if (!response) {
    co_return error_answer(response.error());
  }
  if (is_told && response->status / 100 == 2) {
    store::Step step;
    parts.events->append(step, setting_changed(request, parts.relay->clock().now()));
    parts.relay->committer().note(std::move(step), {});
  }
  co_return *std::move(response);
}

}  // namespace

std::string account_name(const directory::Snapshot& snapshot, AccountId id) {
  const directory::Account* account = snapshot.account(id);
  return account == nullptr ? to_string(id) : account->name;
}

std::string domain_key(const std::string& text) {
  const Result<std::string> name = mail::parse_domain(text);
  return name ? *name : lower(text);
}

Result<directory::Account> find_account(const directory::Snapshot& snapshot,
                                        const std::string& name) {
  const directory::Account* account = snapshot.account(name);
  if (account == nullptr) {
    return fail(Errc::not_found, "there is no account '" + printable(name, 80) + "'");
  }
  return *account;
}

ControlParts parts_of(relay::Relay& relay) {
  const relay::Settings& settings = relay.settings();
  return {.directory = &relay.directory(),
          .spool = &relay.spool(),
          .events = &relay.events(),
          .store = &relay.store(),
          .suppressions = &relay.suppressions(),
          .relay = &relay,
          .installation = settings.return_path_domain,
          .hostname = settings.hostname,
          .takes_inbound = relay::takes_inbound(settings),
          .public_names = settings.links.public_names,
          .reload = {}};
}

Handler make_control_api(const ControlParts& parts) {
  auto router = std::make_shared<Router>();
  for (const auto& entries :
       {instance_entries(),    account_entries(),         account_health_entries(),
        credential_entries(),  domain_entries(),          queue_entries(),
        message_entries(),     content_entries(),         privacy_entries(),
        event_entries(),       backup_entries(),          consumer_entries(),
        statistics_entries(),  search_entries(),          suppression_entries(),
        tracking_entries(),    tracking_choice_entries(), link_entries(),
        certificate_entries(), webhook_entries(),         webhook_action_entries()}) {
    for (const Entry& entry : entries) {
      router->add(std::string(entry.method), entry.pattern,
                  [&parts, entry](Call call) { return perform(parts, entry, std::move(call)); });
    }
  }
  return [router](Request request) { return router->answer(std::move(request)); };
}

}  // namespace postrider::http
