#include <algorithm>
#include <array>

#include "base/text.h"
#include "webhook/address_check.h"
#include "webhook/payload.h"
#include "webhook/signature.h"
#include "webhook/url.h"
#include "webhook/webhooks.h"

namespace postrider::webhook {
namespace {

constexpr std::size_t kHeadersMax = 20;
constexpr std::size_t kHeaderBytesMax = 1000;
constexpr std::array<std::string_view, 9> kOurs{
    "host",   "content-length", "transfer-encoding", "connection",       "content-type",
    "expect", "webhook-id",     "webhook-timestamp", "webhook-signature"};

/// RFC 9110, 5.6.2.
bool is_token(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return is_alpha(c) || is_digit(c) ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

Result<> check_url(const std::string& text, const Options& options) {
  TRY(const Url url, parse_url(text));
  if (url.address) {
    TRY_VOID(check_address(*url.address, options.allow_networks));
  }
  return {};
}

Result<> check_header(const std::string& name, const std::string& value) {
  if (!is_token(name) || value.size() > kHeaderBytesMax ||
      !std::ranges::all_of(value, [](char c) { return c >= ' ' && c < '\x7f'; })) {
    return fail(Errc::invalid, "header '" + printable(name, 40) +
                                   "': write a name and up to 1000 printable ASCII characters");
  }
  if (std::ranges::find(kOurs, lower(name)) != kOurs.end()) {
    return fail(Errc::invalid, "header '" + printable(name, 40) + "' is set by the relay");
  }
  return {};
}

}  // namespace

Result<> check_webhook(const directory::Webhook& webhook, const Options& options) {
  TRY_VOID(check_url(webhook.url, options));
  if (!webhook.backup_url.empty()) {
    TRY_VOID(check_url(webhook.backup_url, options), "backup URL");
  }
  TRY_VOID(check_types(webhook.format, webhook.types));
  if (webhook.headers.size() > kHeadersMax) {
    return fail(Errc::invalid, "there are more than 20 headers");
  }
  for (const auto& [name, value] : webhook.headers) {
    TRY_VOID(check_header(name, value));
  }
  TRY_VOID(parse_secret(webhook.secret));
  if (!webhook.old_secret.empty()) {
    TRY_VOID(parse_secret(webhook.old_secret));
  }
  return {};
}

}  // namespace postrider::webhook
