#include "webhook/payload.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <openssl/sha.h>
#include <optional>

#include "base/json_text.h"
#include "base/text.h"
#include "bounce/taxonomy.h"
#include "suppression/change.h"

namespace postrider::webhook {

using directory::WebhookFormat;
using events::Event;

namespace {

/// Our types by Mailjet's seven; `deferred` and `accepted` have none.
struct MailjetType {
  std::string_view ours;
  std::string_view name;
};
constexpr std::array kMailjetTypes{
    MailjetType{"delivered", "sent"},     MailjetType{"opened", "open"},
    MailjetType{"clicked", "click"},      MailjetType{"failed", "bounce"},
    MailjetType{"expired", "bounce"},     MailjetType{"bounced", "bounce"},
    MailjetType{"suppressed", "blocked"}, MailjetType{"complained", "spam"},
    MailjetType{"unsubscribed", "unsub"}};

std::string_view mailjet_type(std::string_view ours) {
  const auto found = std::ranges::find(kMailjetTypes, ours, &MailjetType::ours);
  return found == kMailjetTypes.end() ? std::string_view() : found->name;
}

/// Empty: the format does not know such events.
std::string_view name_in(WebhookFormat format, events::Type type) {
  const std::string_view ours = events::to_string(type);
  if (ours == "unknown") {
    return {};
  }
  return format == WebhookFormat::native ? ours : mailjet_type(ours);
}

std::vector<std::string_view> names_of(WebhookFormat format) {
  std::vector<std::string_view> names;
  for (unsigned number = 0; number < 256; ++number) {
    const std::string_view name = name_in(format, static_cast<events::Type>(number));
    if (!name.empty() && std::ranges::find(names, name) == names.end()) {
      names.push_back(name);
    }
  }
  return names;
}

/// Why an address is suppressed, which `detail` begins with (suppression::to_string(Hit)).
std::optional<suppression::Reason> reason_of(const Event& event) {
  return suppression::parse_reason(
      std::string_view(event.detail).substr(0, event.detail.find(' ')));
}

bounce::MailjetError error_of(const Event& event) {
  const auto category =
      bounce::parse_category(event.category).value_or(bounce::Category::unclassified);
  const auto reason = category == bounce::Category::suppressed ? reason_of(event) : std::nullopt;
  if (reason == suppression::Reason::complaint) {
    return {.related_to = "recipient", .error = "spam reporter"};
  }
  if (reason == suppression::Reason::manual || reason == suppression::Reason::unsubscribe) {
    return {.related_to = "recipient", .error = "blacklisted"};
  }
  return bounce::mailjet_error(category);
}

void add_error(JsonText& json, const Event& event) {
  const bounce::MailjetError error = error_of(event);
  json.field("error_related_to", error.related_to);
  json.field("error", error.error);
  json.field("comment", event.reply.empty() ? event.detail : event.reply);
}

/// What is given up at the end of its schedule is a soft bounce, whatever it had last heard. A
/// reply that tells of a complaint suppresses the address as a hard one does.
void add_bounce(JsonText& json, const Event& event) {
  const bool is_final = event.type != events::Type::expired;
  const bool is_hard = is_final && event.kind == bounce::to_string(bounce::Kind::hard);
  const bool is_complaint = is_final && event.kind == bounce::to_string(bounce::Kind::complaint);
  json.field("blocked", is_hard || is_complaint);
  json.field("hard_bounce", is_hard);
  add_error(json, event);
}

/// Of who opened, clicked or unsubscribed.
void add_reader(JsonText& json, std::string_view type, const Event& event) {
  if (type == "click") {
    json.field("url", event.url);
  } else if (type == "unsub") {
    json.field("mj_list_id", 0);
  }
  json.field("ip", event.address);
  json.field("geo", event.country);
  json.field("agent", event.user_agent);
}

void add_mailjet_members(JsonText& json, std::string_view type, const Event& event) {
  if (type == "sent") {
    json.field("mj_message_id", to_string(event.recipient));
    json.field("smtp_reply", "sent (" + event.reply + ")");
  } else if (type == "bounce") {
    add_bounce(json, event);
  } else if (type == "blocked") {
    add_error(json, event);
  } else if (type == "spam") {
    json.field("source", event.mta);
  } else {
    add_reader(json, type, event);
  }
}

std::string mailjet_object(const Event& event) {
  const std::string_view type = mailjet_type(events::to_string(event.type));
  JsonText json;
  json.begin_object();
  json.field("event", type);
  json.field("time",
             std::chrono::floor<std::chrono::seconds>(event.time).time_since_epoch().count());
  json.field("MessageID", event.recipient.value);
  json.field("Message_GUID", message_uuid(event.recipient));
  json.field("email", event.to);
  json.field("mj_campaign_id", 0);
  json.field("mj_contact_id", 0);
  json.field("customcampaign", event.campaign);
  json.field("CustomID", event.custom_id);
  json.field("Payload", event.payload);
  add_mailjet_members(json, type, event);
  json.end_object();
  return json.take();
}

std::string list_of(std::span<const std::string> texts) {
  std::string list = "[";
  for (const std::string& text : texts) {
    list += list.size() == 1 ? text : "," + text;
  }
  return list + "]";
}

}  // namespace

bool is_of_the_installation(const events::Event& event) {
  static constexpr std::array<std::string_view, 8> kOwn{
      "signed_in",     "setting_changed", "consumer_stopped",  "consumer_goes_on",
      "consumer_lost", "event_set_aside", "events_gone_early", "personal_data_erased"};
  return std::ranges::find(kOwn, event.what) != kOwn.end();
}

Selection::Selection(const directory::Webhook& webhook)
    : account_(webhook.account),
      names_types_(!webhook.types.empty()),
      campaigns_(webhook.campaigns.begin(), webhook.campaigns.end()) {
  for (unsigned number = 0; number < types_.size(); ++number) {
    const std::string_view name = name_in(webhook.format, static_cast<events::Type>(number));
    types_[number] =
        !name.empty() &&
        (webhook.types.empty() || std::ranges::find(webhook.types, name) != webhook.types.end());
  }
}

Result<> check_types(WebhookFormat format, std::span<const std::string> types) {
  const std::vector<std::string_view> known = names_of(format);
  for (const std::string& type : types) {
    if (std::ranges::find(known, type) != known.end()) {
      continue;
    }
    std::string all;
    for (const std::string_view name : known) {
      all += (all.empty() ? "" : ", ") + std::string(name);
    }
    return fail(Errc::invalid, "'" + printable(type, 40) + "' is no type of event in the format " +
                                   std::string(to_string(format)) + ": it has " + all);
  }
  return {};
}

std::string event_text(WebhookFormat format, const Event& event) {
  return format == WebhookFormat::native ? events::to_json(event) : mailjet_object(event);
}

std::string body_of(WebhookFormat format, std::span<const EventPtr> events,
                    std::span<const std::string> texts) {
  switch (format) {
    case WebhookFormat::mailjet:
      return texts.front();
    case WebhookFormat::mailjet_grouped:
      return list_of(texts);
    case WebhookFormat::native:
      break;
  }
  // The time of the last event, and not of the request: what is sent again is the same to the byte.
  JsonText json;
  json.begin_object();
  json.field("type", "events");
  json.field("timestamp", format_time(events.back()->time));
  json.field_raw("data", list_of(texts));
  json.end_object();
  return json.take();
}

Event test_event(const directory::Webhook& webhook, Time now) {
  Event event;
  event.time = now;
  event.account = webhook.account;
  if (webhook.format == WebhookFormat::native) {
    event.type = events::Type::operational;
    event.what = "test";
    event.detail = "a test of webhook " + to_string(webhook.id);
    return event;
  }
  event.type = events::Type::delivered;
  event.message = MessageId{1};
  event.recipient = RecipientId{1};
  event.to = "test@example.com";
  event.code = 250;
  event.reply = "250 2.0.0 a test of webhook " + to_string(webhook.id);
  return event;
}

std::string message_uuid(RecipientId id) {
  const std::string text = "postrider recipient " + to_string(id);
  std::array<unsigned char, SHA256_DIGEST_LENGTH> digest{};
  SHA256(reinterpret_cast<const unsigned char*>(text.data()), text.size(), digest.data());
  digest[6] = static_cast<unsigned char>((digest[6] & 0x0fU) | 0x80U);  // RFC 9562, 5.8
  digest[8] = static_cast<unsigned char>((digest[8] & 0x3fU) | 0x80U);
  std::string uuid = hex(std::string_view(reinterpret_cast<const char*>(digest.data()), 16));
  for (const std::size_t at : {8U, 13U, 18U, 23U}) {
    uuid.insert(at, 1, '-');
  }
  return uuid;
}

}  // namespace postrider::webhook
