// The words for what the other side says: `kind` (what it means for the recipient) and `category`
// (why). The names are stable: events, API, metrics, rules and documents use them
// (docs/bounces.md), and Mailjet's two words for each category beside them.
// Values; pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

namespace postrider::bounce {

enum class Kind : std::uint8_t {
  hard,       ///< the address can't receive mail, now or later: stop, suppress
  soft,       ///< mailbox or server can't take it at present: retry to the end of the schedule
  block,      ///< their side refuses us: never suppress, react at source, site or account
  complaint,  ///< the reader called it spam
  autoreply,  ///< vacation notes, challenges, tickets: nothing to do
  unknown,    ///< no rule knows it: the code judges
};

enum class Category : std::uint8_t {
  no_such_mailbox,
  mailbox_disabled,
  mailbox_full,
  mailbox_moved,
  recipient_refused,
  no_such_domain,
  no_mail_host,
  relay_denied,
  greylisted,
  connection_failed,
  timed_out,
  tls_failed,
  server_error,
  too_many_connections,
  rate_limited,
  ip_blocked,
  domain_blocked,
  no_reverse_dns,
  sender_refused,
  auth_failed,
  spam_content,
  virus,
  content_refused,
  malformed,
  message_too_big,
  policy,
  complaint,
  suppressed,
  duplicate,
  template_error,
  unclassified,
};

/// What to do about the recipient that was refused.
enum class Retry : std::uint8_t {
  yes,    ///< to the end of the schedule
  no,     ///< not at all
  later,  ///< 5xx by code, and yet tried again: at most 3 times in 48 h
};

std::string_view to_string(Kind kind);          ///< "hard"
std::string_view to_string(Category category);  ///< "no-such-mailbox"
std::string_view to_string(Retry retry);        ///< "later"

/// Nothing if there is no such word.
std::optional<Kind> parse_kind(std::string_view name);
std::optional<Category> parse_category(std::string_view name);
std::optional<Retry> parse_retry(std::string_view name);

/// All of them, in the order of the enumeration.
std::span<const Category> all_categories();

/// The kind that a category has where nothing more is known.
Kind usual_kind(Category category);

/// True for categories that speak about us and not about the recipient: reputation, authentication,
/// content, policy, pace. A rule can't call these hard, and they never suppress.
bool is_about_sender(Category category);

/// `error_related_to` and `error` of Mailjet's events; both empty for complaint, which is an event
/// of its own there.
struct MailjetError {
  std::string_view related_to;
  std::string_view error;
};
MailjetError mailjet_error(Category category);

}  // namespace postrider::bounce
