#include "delivery/unsubscribe.h"

#include <cassert>

namespace postrider::delivery {

WaysOut ways_out(AccountId account, std::string_view from_domain,
                 const directory::Snapshot& directory, const UnsubscribeMail& mail) {
  WaysOut ways;
  const directory::Account* sender = directory.account(account);
  if (mail.has_pages && sender != nullptr && sender->tracking.host.starts_with("https://")) {
    ways.page_host = sender->tracking.host;
  }
  const directory::Domain* domain = directory.domain(from_domain);
  ways.is_signed = domain != nullptr && !domain->signatures.empty();
  if (mail.is_read) {
    const bool has_own = domain != nullptr && !domain->return_path_domain.empty();
    ways.mail_domain = has_own ? domain->return_path_domain : mail.domain;
  }
  return ways;
}

std::string unsubscribe_lines(const WaysOut& ways, const spool::Message& message,
                              std::uint32_t index, std::string_view mail_token,
                              const track::TokenKeys* keys) {
  std::string lines;
  if (!ways.any()) {
    return lines;
  }
  lines += "List-Unsubscribe: ";
  if (!ways.page_host.empty()) {
    assert(keys != nullptr);
    lines += '<';
    lines += keys->maker(message.account, message.id)
                 .url(ways.page_host, index, track::TokenKind::unsubscribe);
    lines += ways.mail_domain.empty() ? ">" : ">,\r\n ";
  }
  if (!ways.mail_domain.empty()) {
    lines.append("<mailto:unsubscribe+").append(mail_token);
    lines.append("@").append(ways.mail_domain).append(">");
  }
  lines += "\r\n";
  if (!ways.page_host.empty() && ways.is_signed) {
    lines += "List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  }
  return lines;
}

}  // namespace postrider::delivery
