#include <algorithm>
#include <array>
#include <sodium.h>

#include "base/text.h"
#include "directory/row_values.h"
#include "directory/rows.h"
#include "directory/state.h"

namespace postrider::directory {
namespace {

constexpr std::array<std::string_view, 3> kFormats{"native", "mailjet", "mailjet-grouped"};
constexpr std::array<std::string_view, 3> kStates{"active", "paused", "suspended"};
constexpr std::size_t kSecretBytes = 24;
constexpr std::size_t kWebhooksMax = 1000;

std::string lines_of(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) {
    all += text + "\n";
  }
  return all;
}

std::string lines_of(const std::vector<std::pair<std::string, std::string>>& headers) {
  std::string all;
  for (const auto& [name, value] : headers) {
    all += name + ": " + value + "\n";
  }
  return all;
}

std::vector<std::string> texts_of(const std::string& lines) {
  std::vector<std::string> texts;
  for (const std::string_view line : split(lines, '\n')) {
    if (!line.empty()) {
      texts.emplace_back(line);
    }
  }
  return texts;
}

std::vector<std::pair<std::string, std::string>> headers_of(const std::string& lines) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string& line : texts_of(lines)) {
    const auto colon = line.find(": ");
    headers.emplace_back(line.substr(0, colon), line.substr(colon + 2));
  }
  return headers;
}

Statement& bind_all(Statement& write, const Webhook& webhook) {
  return write.bind(number(webhook.account))
      .bind(webhook.url)
      .bind(webhook.backup_url)
      .bind(number(webhook.format))
      .bind(lines_of(webhook.types))
      .bind(lines_of(webhook.campaigns))
      .bind(lines_of(webhook.headers))
      .bind(webhook.contact)
      .bind(webhook.secret)
      .bind(webhook.old_secret)
      .bind(number(webhook.state))
      .bind(webhook.why)
      .bind(number(webhook.on_backup))
      .bind(number(webhook.begins_at))
      .bind(webhook.created.time_since_epoch().count());
}

}  // namespace

std::string_view to_string(WebhookFormat format) {
  return kFormats[static_cast<std::size_t>(format)];
}

std::string_view to_string(WebhookState state) {
  return kStates[static_cast<std::size_t>(state)];
}

Result<WebhookFormat> parse_webhook_format(std::string_view name) {
  const auto found = std::ranges::find(kFormats, name);
  if (found == kFormats.end()) {
    return fail(Errc::invalid, in_quotes(name) + " is none of native, mailjet and mailjet-grouped");
  }
  return static_cast<WebhookFormat>(found - kFormats.begin());
}

std::string make_webhook_secret() {
  std::string bytes(kSecretBytes, '\0');
  randombytes_buf(bytes.data(), bytes.size());
  return "whsec_" + base64(bytes);
}

Result<std::vector<Webhook>> read_webhooks(Database& database) {
  TRY(Statement rows,
      database.prepare("SELECT id, account, url, backup_url, format, types, campaigns, headers, "
                       "contact, secret, old_secret, state, why, on_backup, begins_at, created "
                       "FROM webhook"));
  std::vector<Webhook> webhooks;
  while (true) {
    TRY(const bool found, rows.step());
    if (!found) {
      return webhooks;
    }
    webhooks.push_back({.id = WebhookId{static_cast<std::uint64_t>(rows.integer(0))},
                        .account = AccountId{static_cast<std::uint64_t>(rows.integer(1))},
                        .url = rows.text(2),
                        .backup_url = rows.text(3),
                        .format = static_cast<WebhookFormat>(rows.integer(4)),
                        .types = texts_of(rows.text(5)),
                        .campaigns = texts_of(rows.text(6)),
                        .headers = headers_of(rows.text(7)),
                        .contact = rows.text(8),
                        .secret = rows.text(9),
                        .old_secret = rows.text(10),
                        .state = static_cast<WebhookState>(rows.integer(11)),
                        .why = rows.text(12),
                        .on_backup = rows.integer(13) != 0,
                        .begins_at = static_cast<std::uint64_t>(rows.integer(14)),
                        .created = time_at(rows, 15)});
  }
}

Result<WebhookId> insert(Database& database, const Webhook& webhook) {
  TRY(Statement write,
      database.prepare("INSERT INTO webhook (account, url, backup_url, format, types, campaigns, "
                       "headers, contact, secret, old_secret, state, why, on_backup, begins_at, "
                       "created) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)"));
  TRY_VOID(bind_all(write, webhook).step());
  return WebhookId{static_cast<std::uint64_t>(database.last_row_id())};
}

Result<> update(Database& database, const Webhook& webhook) {
  TRY(Statement write,
      database.prepare("UPDATE webhook SET account = ?, url = ?, backup_url = ?, format = ?, "
                       "types = ?, campaigns = ?, headers = ?, contact = ?, secret = ?, "
                       "old_secret = ?, state = ?, why = ?, on_backup = ?, begins_at = ?, "
                       "created = ? WHERE id = ?"));
  TRY_VOID(bind_all(write, webhook).bind(number(webhook.id)).step());
  return {};
}

Result<> erase_webhook(Database& database, WebhookId id) {
  TRY(Statement write, database.prepare("DELETE FROM webhook WHERE id = ?"));
  TRY_VOID(write.bind(number(id)).step());
  return {};
}

Result<Webhook> Directory::add_webhook(Webhook webhook) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (webhook.account.exists() && next.account(webhook.account) == nullptr) {
    return no_such("account with the id", to_string(webhook.account));
  }
  if (next.webhooks().size() >= kWebhooksMax) {
    return fail(Errc::invalid, "there are " + std::to_string(kWebhooksMax) +
                                   " endpoints already, and no more are taken");
  }
  TRY_VOID(state_->commit([&]() -> Result<> {
    TRY(webhook.id, insert(state_->database, webhook));
    return {};
  }));
  next.put(webhook);
  state_->publish(std::move(next));
  return webhook;
}

Result<Webhook> Directory::change_webhook(WebhookId id,
                                          const std::function<void(Webhook&)>& change) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  const auto found = next.webhook(id);
  if (found == nullptr) {
    return no_such("endpoint with the id", to_string(id));
  }
  Webhook webhook = *found;
  change(webhook);
  TRY_VOID(state_->commit([&] { return update(state_->database, webhook); }));
  next.put(webhook);
  state_->publish(std::move(next));
  return webhook;
}

Result<> Directory::remove_webhook(WebhookId id) {
  const std::lock_guard lock(state_->writing);
  Snapshot next = *state_->current();
  if (next.webhook(id) == nullptr) {
    return no_such("endpoint with the id", to_string(id));
  }
  TRY_VOID(state_->commit([&] { return erase_webhook(state_->database, id); }));
  next.remove_webhook(id);
  state_->publish(std::move(next));
  return {};
}

}  // namespace postrider::directory
