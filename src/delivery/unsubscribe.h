// How readers of bulk mail leave: List-Unsubscribe fields for copies of mail whose sender gives it
// none.
//
//   List-Unsubscribe: <https://links.example.org/u/TOKEN>,
//    <mailto:unsubscribe+TOKEN@bounces.example.org>
//   List-Unsubscribe-Post: List-Unsubscribe=One-Click
//
// The page (http/link_service.h) is there where the account has a tracking host with TLS and
// somebody answers there; the mailbox (relay/inbound_address.h) where an inbound listener is on and
// the return path's domain is not just the host's name. One click is offered with a page only, and
// only where the copy is signed (RFC 8058, 3.1 and 4). RFC 2369, 3.2: the way that is to be
// preferred stands first.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "directory/directory.h"
#include "spool/message.h"
#include "track/token.h"

namespace postrider::delivery {

/// Mail to unsubscribe+TOKEN, as this installation reads it, and whether it answers pages.
struct UnsubscribeMail {
  bool is_read = false;
  std::string domain;     ///< empty: only at return-path domains that senders have of their own
  bool has_pages = true;  ///< tracking hosts are answered, here or elsewhere (links.public)
};

/// Views into what they were found in.
struct WaysOut {
  std::string_view page_host;    ///< "https://links.example.org"; empty: no page
  std::string_view mail_domain;  ///< empty: no mailbox
  bool is_signed = false;

  bool any() const { return !page_host.empty() || !mail_domain.empty(); }
};

/// Those of an account's mail from a domain.
WaysOut ways_out(AccountId account, std::string_view from_domain,
                 const directory::Snapshot& directory, const UnsubscribeMail& mail);

/// The fields for recipient number `index`, whose copy has the token `mail_token`. `keys` may be
/// null where there is no page.
std::string unsubscribe_lines(const WaysOut& ways, const spool::Message& message,
                              std::uint32_t index, std::string_view mail_token,
                              const track::TokenKeys* keys);

}  // namespace postrider::delivery
