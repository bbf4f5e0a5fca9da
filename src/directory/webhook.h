// An endpoint that is told of events: whose, where, what and how, and whether it is served at
// present. Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace postrider::directory {

enum class WebhookFormat : std::uint8_t {
  native,           ///< whole events, signed
  mailjet,          ///< Mailjet's Event API, version 1: one event a request
  mailjet_grouped,  ///< the same, version 2: a list of events
};
enum class WebhookState : std::uint8_t {
  active,
  paused,     ///< by somebody, or by the endpoint's 410
  suspended,  ///< has failed for as long as is tried
};

std::string_view to_string(WebhookFormat format);  ///< "mailjet-grouped"
std::string_view to_string(WebhookState state);
Result<WebhookFormat> parse_webhook_format(std::string_view name);

struct Webhook {
  WebhookId id;
  AccountId account;       ///< 0: every account
  std::string url;         ///< may have user and password
  std::string backup_url;  ///< used once `url` has failed for as long as is tried; may be empty
  WebhookFormat format = WebhookFormat::native;
  std::vector<std::string> types;      ///< in the words of the format; empty: all
  std::vector<std::string> campaigns;  ///< names; empty: all
  std::vector<std::pair<std::string, std::string>> headers;
  std::string contact;     ///< mail address that hears of a suspension; may be empty
  std::string secret;      ///< "whsec_..."
  std::string old_secret;  ///< signs too, while its owner moves to the new one; may be empty
  WebhookState state = WebhookState::active;
  std::string why;              ///< paused or suspended
  bool on_backup = false;       ///< `url` is given up until somebody resumes it
  std::uint64_t begins_at = 1;  ///< in the event log, where no cursor has been written yet
  Time created;
};

/// 192 random bits, as the Standard Webhooks convention writes a key.
std::string make_webhook_secret();

}  // namespace postrider::directory
