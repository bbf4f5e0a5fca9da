#include "bounce/taxonomy.h"

#include <algorithm>
#include <array>

namespace postrider::bounce {
namespace {

using enum Category;

struct CategoryRow {
  Category category;
  std::string_view name;
  Kind kind;
  bool is_about_sender;
  MailjetError mailjet;
};

constexpr std::string_view kRecipient = "recipient";
constexpr std::string_view kDomain = "domain";
constexpr std::string_view kSystem = "system";
constexpr std::string_view kSpam = "spam";

constexpr MailjetError kUserUnknown{kRecipient, "user unknown"};
constexpr MailjetError kInactive{kRecipient, "mailbox inactive"};
constexpr MailjetError kConnectionIssue{kSystem, "connection issue"};
constexpr MailjetError kSystemIssue{kSystem, "system issue"};
constexpr MailjetError kPolicyIssue{kSpam, "policy issue"};
constexpr MailjetError kSenderBlocked{kSpam, "sender blocked"};
constexpr MailjetError kContentBlocked{kSpam, "content blocked"};

constexpr auto kCategories = std::to_array<CategoryRow>({
    {no_such_mailbox, "no-such-mailbox", Kind::hard, false, kUserUnknown},
    {mailbox_disabled, "mailbox-disabled", Kind::hard, false, kInactive},
    {mailbox_full, "mailbox-full", Kind::soft, false, {kRecipient, "quota exceeded"}},
    {mailbox_moved, "mailbox-moved", Kind::hard, false, kUserUnknown},
    {recipient_refused, "recipient-refused", Kind::block, false, kInactive},
    {no_such_domain, "no-such-domain", Kind::hard, false, {kDomain, "invalid domain"}},
    {no_mail_host, "no-mail-host", Kind::soft, false, {kDomain, "no mail host"}},
    {relay_denied, "relay-denied", Kind::block, false, {kDomain, "relay/access denied"}},
    {greylisted, "greylisted", Kind::soft, false, {kDomain, "greylisted"}},
    {connection_failed, "connection-failed", Kind::soft, false, kConnectionIssue},
    {timed_out, "timed-out", Kind::soft, false, kConnectionIssue},
    {tls_failed, "tls-failed", Kind::soft, false, kConnectionIssue},
    {server_error, "server-error", Kind::soft, false, kSystemIssue},
    {too_many_connections, "too-many-connections", Kind::block, true, kPolicyIssue},
    {rate_limited, "rate-limited", Kind::block, true, kPolicyIssue},
    {ip_blocked, "ip-blocked", Kind::block, true, kSenderBlocked},
    {domain_blocked, "domain-blocked", Kind::block, true, kSenderBlocked},
    {no_reverse_dns, "no-reverse-dns", Kind::block, true, kSenderBlocked},
    {sender_refused, "sender-refused", Kind::block, true, kSenderBlocked},
    {auth_failed, "auth-failed", Kind::block, true, kPolicyIssue},
    {spam_content, "spam-content", Kind::block, true, kContentBlocked},
    {virus, "virus", Kind::block, true, kContentBlocked},
    {content_refused, "content-refused", Kind::block, true, kContentBlocked},
    {malformed, "malformed", Kind::block, true, {kSystem, "protocol issue"}},
    {message_too_big, "message-too-big", Kind::block, true, kContentBlocked},
    {policy, "policy", Kind::block, true, kPolicyIssue},
    {complaint, "complaint", Kind::complaint, false, {"", ""}},
    {suppressed, "suppressed", Kind::block, true, {"mailjet", "preblocked"}},
    {duplicate, "duplicate", Kind::block, true, {"mailjet", "duplicate in campaign"}},
    {template_error,
     "template-error",
     Kind::block,
     true,
     {"content", "error in template language"}},
    {unclassified, "unclassified", Kind::unknown, false, kSystemIssue},
});

constexpr auto kAll = [] {
  std::array<Category, kCategories.size()> all{};
  std::ranges::transform(kCategories, all.begin(), &CategoryRow::category);
  return all;
}();
static_assert(
    [] {
      for (std::size_t i = 0; i < kAll.size(); ++i) {
        if (static_cast<std::size_t>(kAll[i]) != i) {
          return false;
        }
      }
      return kAll.size() == static_cast<std::size_t>(unclassified) + 1;
    }(),
    "the table has each category, in the order of the enumeration");

constexpr std::array<std::string_view, 6> kKinds{"hard",      "soft",      "block",
                                                 "complaint", "autoreply", "unknown"};
constexpr std::array<std::string_view, 3> kRetries{"yes", "no", "later"};

const CategoryRow& row_of(Category category) {
  return kCategories[static_cast<std::size_t>(category)];
}

template <class T>
std::optional<T> parse(std::span<const std::string_view> names, std::string_view name) {
  const auto found = std::ranges::find(names, name);
  return found == names.end() ? std::nullopt : std::optional(static_cast<T>(found - names.begin()));
}

}  // namespace

std::string_view to_string(Kind kind) {
  return kKinds[static_cast<std::size_t>(kind)];
}

std::string_view to_string(Category category) {
  return row_of(category).name;
}

std::string_view to_string(Retry retry) {
  return kRetries[static_cast<std::size_t>(retry)];
}

std::optional<Kind> parse_kind(std::string_view name) {
  return parse<Kind>(kKinds, name);
}

std::optional<Category> parse_category(std::string_view name) {
  const auto found = std::ranges::find(kCategories, name, &CategoryRow::name);
  return found == kCategories.end() ? std::nullopt : std::optional(found->category);
}

std::optional<Retry> parse_retry(std::string_view name) {
  return parse<Retry>(kRetries, name);
}

std::span<const Category> all_categories() {
  return kAll;
}

Kind usual_kind(Category category) {
  return row_of(category).kind;
}

bool is_about_sender(Category category) {
  return row_of(category).is_about_sender;
}

MailjetError mailjet_error(Category category) {
  return row_of(category).mailjet;
}

}  // namespace postrider::bounce
