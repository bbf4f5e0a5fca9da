#include "http/webhook_view.h"

#include <algorithm>
#include <array>

#include "base/text.h"
#include "events/cursor.h"
#include "webhook/url.h"

namespace postrider::http {

using directory::Webhook;

namespace {

std::vector<std::string> words_of(const std::string& text) {
  std::vector<std::string> words;
  for (const std::string_view word : split(text, ',')) {
    if (!trim(word).empty()) {
      words.emplace_back(trim(word));
    }
  }
  return words;
}

std::vector<std::string> lines_of(const std::string& text) {
  std::vector<std::string> lines;
  for (const std::string_view line : split(text, '\n')) {
    if (!trim(line).empty()) {
      lines.emplace_back(trim(line));
    }
  }
  return lines;
}

Result<std::vector<std::pair<std::string, std::string>>> headers_of(const std::string& text) {
  std::vector<std::pair<std::string, std::string>> headers;
  for (const std::string_view line : split(text, '\n')) {
    if (trim(line).empty()) {
      continue;
    }
    const auto colon = line.find(':');
    if (colon == std::string_view::npos) {
      return fail(Errc::invalid,
                  "header '" + printable(line, 40) + "': write it as \"Name: value\"");
    }
    headers.emplace_back(line.substr(0, colon), trim(line.substr(colon + 1)));
  }
  return headers;
}

void write_texts(JsonText& json, std::string_view name, const std::vector<std::string>& texts) {
  json.begin_array(name);
  for (const std::string& text : texts) {
    json.value(text);
  }
  json.end_array();
}

/// Where it stands: by those that run, else by its cursor.
webhook::EndpointFigures figures_of(const ControlParts& parts, const Webhook& webhook) {
  if (parts.relay != nullptr) {
    const auto all = parts.relay->webhooks().figures();
    const auto found = std::ranges::find(all, webhook.id, &webhook::EndpointFigures::id);
    if (found != all.end()) {
      return *found;
    }
  }
  webhook::EndpointFigures figures;
  figures.id = webhook.id;
  figures.next = webhook.begins_at;
  const auto cursor = events::read_cursor(*parts.store, webhook::cursor_name(webhook.id));
  if (cursor && *cursor) {
    figures.next = (*cursor)->next;
  }
  const std::uint64_t end = parts.events->last_sequence() + 1;
  figures.lag = end - std::min(figures.next, end);
  return figures;
}

}  // namespace

void write_webhook(JsonText& json, const ControlParts& parts, const Webhook& webhook,
                   bool with_secrets) {
  json.field("id", webhook.id.value);
  json.field("account", webhook.account.exists()
                            ? account_name(*parts.directory->snapshot(), webhook.account)
                            : std::string());
  json.field("url", with_secrets ? webhook.url : webhook::without_password(webhook.url));
  json.field("backup_url",
             with_secrets ? webhook.backup_url : webhook::without_password(webhook.backup_url));
  json.field("format", to_string(webhook.format));
  write_texts(json, "types", webhook.types);
  write_texts(json, "campaigns", webhook.campaigns);
  json.begin_array("headers");
  for (const auto& [name, value] : webhook.headers) {
    json.value(name + ": " + (with_secrets ? value : "***"));
  }
  json.end_array();
  json.field("contact", webhook.contact);
  json.field("state", to_string(webhook.state));
  json.field("why", webhook.why);
  json.field("on_backup", webhook.on_backup);
  json.field("created", format_time(webhook.created));
  const webhook::EndpointFigures figures = figures_of(parts, webhook);
  json.field("next", figures.next);
  json.field("lag", figures.lag);
  json.field("failing_since",
             figures.failing_since == Time() ? std::string() : format_time(figures.failing_since));
  json.field("problem", figures.problem);
  if (with_secrets) {
    json.field("secret", webhook.secret);
    json.field("old_secret", webhook.old_secret);
  }
}

Result<> read_webhook(const ControlParts& parts, const RequestBody& body, Webhook& webhook) {
  TRY(const auto url, body.text("url"));
  webhook.url = url.value_or(webhook.url);
  TRY(const auto backup, body.text("backup_url"));
  webhook.backup_url = backup.value_or(webhook.backup_url);
  TRY(const auto account, body.text("account"));
  if (account) {
    webhook.account = AccountId();
    if (!account->empty()) {
      TRY(const directory::Account owner, find_account(*parts.directory->snapshot(), *account));
      webhook.account = owner.id;
    }
  }
  TRY(const auto format, body.text("format"));
  if (format) {
    TRY(webhook.format, directory::parse_webhook_format(*format), "format");
  }
  TRY(const auto types, body.text("types"));
  webhook.types = types ? words_of(*types) : webhook.types;
  TRY(const auto campaigns, body.text("campaigns"));
  webhook.campaigns = campaigns ? lines_of(*campaigns) : webhook.campaigns;
  TRY(const auto headers, body.text("headers"));
  if (headers) {
    TRY(webhook.headers, headers_of(*headers));
  }
  TRY(const auto contact, body.text("contact"));
  webhook.contact = contact.value_or(webhook.contact);
  return {};
}

Result<std::shared_ptr<const Webhook>> find_webhook(const ControlParts& parts, const Call& call) {
  TRY(const WebhookId id, parse_id<WebhookId>(call.name("id")));
  auto found = parts.directory->snapshot()->webhook(id);
  if (found == nullptr) {
    return fail(Errc::not_found, "there is no webhook " + to_string(id));
  }
  return found;
}

void write_webhook_request(JsonText& json, const webhook::Request& request) {
  json.begin_object();
  json.field("id", request.id);
  json.field("time", format_time(request.at));
  json.field("url", request.url);
  json.field("taken", request.is_taken);
  json.field("status", request.status);
  json.field("took_ms", request.took.count());
  json.field("events", request.events);
  json.field("first", request.first);
  json.field("last", request.last);
  json.field("why", request.why);
  json.field("answer", request.answer);
  json.end_object();
}

}  // namespace postrider::http
