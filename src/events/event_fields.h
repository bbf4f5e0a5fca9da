// Inner part of events: the one list of an event's fields, for storing, for JSON and for the
// schema. Values; any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "events/event.h"

namespace postrider::events {

struct TypeName {
  Type type;
  std::string_view name;
  std::string_view meaning;
};
inline constexpr std::array kTypes{
    TypeName{Type::accepted, "accepted", "the recipient is ours: 250 was answered"},
    TypeName{Type::delivered, "delivered", "a mail server took the recipient's copy"},
    TypeName{Type::deferred, "deferred", "an attempt failed for now; another one follows"},
    TypeName{Type::failed, "failed", "an attempt failed for good"},
    TypeName{Type::expired, "expired", "given up at the end of its schedule"},
    TypeName{Type::bounced, "bounced", "a report came after `delivered`"},
    TypeName{Type::suppressed, "suppressed", "never tried"},
    TypeName{Type::complained, "complained", "the reader called it spam"},
    TypeName{Type::delayed, "delayed",
             "a report came after `delivered`: the copy waits at another host; nothing changes"},
    TypeName{Type::rejected, "rejected", "a submission was refused"},
    TypeName{Type::operational, "operational",
             "about the relay itself, or an account: `what`, and `detail` for people"},
    TypeName{Type::opened, "opened", "the pixel was fetched"},
    TypeName{Type::clicked, "clicked", "a link was followed"},
    TypeName{Type::unsubscribed, "unsubscribed", "the recipient wants no more of this stream"},
    TypeName{Type::reassessed, "reassessed",
             "whether `about_event` was a machine's is seen differently now"}};

using Member = std::variant<std::string Event::*, std::uint64_t Event::*, Time Event::*,
                            AccountId Event::*, MessageId Event::*, RecipientId Event::*>;

/// Tags are on disk: never change or reuse one.
inline constexpr std::uint8_t kRecipientTag = 5;
inline constexpr std::uint8_t kToTag = 7;
struct Field {
  std::uint8_t tag;
  std::string_view name;
  Member member;
  std::string_view meaning;
};
inline constexpr std::array kFields{
    Field{2, "time", &Event::time, "when it happened, as the clock stood"},
    Field{3, "account", &Event::account, "number of the account"},
    Field{4, "message", &Event::message, "id of the message: that of its first recipient"},
    Field{kRecipientTag, "recipient", &Event::recipient, "id of the recipient; below 2^53"},
    Field{6, "from", &Event::from, "envelope sender as submitted; left out where it is empty"},
    Field{kToTag, "to", &Event::to, "address of the recipient"},
    Field{8, "header_from", &Event::header_from, "address of the From: header"},
    Field{9, "subject", &Event::subject, "as it stands in the header"},
    Field{10, "stream", &Event::stream, "bulk or transactional"},
    Field{11, "size", &Event::size, "bytes of the message"},
    Field{12, "site", &Event::site, "destinations that share their MX hosts"},
    Field{13, "mx_host", &Event::mx_host, "host that was talked to"},
    Field{14, "mx_address", &Event::mx_address, "its address and port"},
    Field{15, "source_address", &Event::source_address, "address that we talked from"},
    Field{16, "tls_version", &Event::tls_version, "left out: in the clear"},
    Field{17, "tls_cipher", &Event::tls_cipher, "name of the cipher suite"},
    Field{18, "code", &Event::code, "of the reply (RFC 5321); left out where there was none"},
    Field{19, "enhanced", &Event::enhanced, "enhanced status code (RFC 3463)"},
    Field{20, "reply", &Event::reply, "the peer's words on one line, or ours if it said nothing"},
    Field{21, "attempt", &Event::attempt, "number of the attempt, from 1"},
    Field{22, "queue_ms", &Event::queue_ms, "milliseconds from acceptance to this event"},
    Field{23, "attempt_ms", &Event::attempt_ms, "milliseconds that the transaction took"},
    Field{24, "next_attempt", &Event::next_attempt, "when a deferred recipient is due again"},
    Field{25, "session", &Event::session, "id of the submitting session, as in the log"},
    Field{26, "client", &Event::client, "address that submitted"},
    Field{27, "user", &Event::user, "credential that submitted; operational: who said so"},
    Field{28, "detail", &Event::detail, "more, for people"},
    Field{29, "kind", &Event::kind, "of a failure: hard, soft, block, ..."},
    Field{30, "category", &Event::category, "of a failure: why, in the bounce taxonomy"},
    Field{31, "rule", &Event::rule, "of a failure: the bounce rule that has judged"},
    Field{40, "from_domain", &Event::from_domain, "sending domain: of the From: header"},
    Field{41, "campaign", &Event::campaign, "what the sender counts the message under"},
    Field{42, "custom_id", &Event::custom_id, "the sender's own name for the message"},
    Field{43, "payload", &Event::payload, "what else the sender wants told with each event"},
    Field{50, "url", &Event::url, "where the link that was clicked leads"},
    Field{51, "link", &Event::link, "its number in the message, from 1"},
    Field{52, "user_agent", &Event::user_agent, "of who opened, clicked or unsubscribed"},
    Field{53, "address", &Event::address, "address that they came from, as far as it is kept"},
    Field{54, "machine", &Event::machine, "proxy, prefetch or scanner; left out: a person"},
    Field{55, "machine_reason", &Event::machine_reason, "the rule that says so"},
    Field{56, "confidence", &Event::confidence, "in that, percent"},
    Field{58, "machine_was", &Event::machine_was, "reassessed: as `machine`, until now"},
    Field{57, "about_event", &Event::about_event, "reassessed: `sequence` of that event"},
    Field{60, "mta", &Event::mta,
          "host that a report names as the one that refused; of a complaint: the feedback loop's "
          "program"},
    Field{61, "reader_client", &Event::reader_client, "family of the program that was used"},
    Field{62, "device", &Event::device, "family of the device that was used"},
    Field{63, "country", &Event::country, "where they were, ISO 3166-1; not of machines"},
    Field{64, "network", &Event::network, "the operator's label for the network they came from"},
    Field{65, "asn", &Event::asn, "autonomous system that they came from"},
    Field{66, "scope", &Event::scope,
          "unsubscribed: all, whatever its sender sends; left out: mail of its stream"},
    Field{75, "what", &Event::what, "operational: what happened, as one word"},
};

}  // namespace postrider::events
