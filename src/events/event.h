// What happened, told once: the steps of each recipient's way, and what happened to the relay
// itself.
//
// One flat structure with stable field names; a field that says nothing (0 or empty) is left out.
// The stored form is a version, then tagged fields, then a checksum: unknown tags of a newer
// version are skipped. The table in event.cc is the one list of fields, for storing and for JSON.
//
// Values; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"
#include "events/field_set.h"

namespace postrider::events {

enum class Type : std::uint8_t {
  accepted = 1,       ///< the recipient is ours
  delivered = 2,      ///< an attempt succeeded
  deferred = 3,       ///< an attempt failed for now
  failed = 4,         ///< an attempt failed for good
  expired = 5,        ///< retried to the end of its schedule
  bounced = 6,        ///< a report came after `delivered`
  suppressed = 7,     ///< never tried
  rejected = 20,      ///< a submission that was refused
  operational = 21,   ///< the relay itself: `detail` says what
  opened = 30,        ///< the pixel was fetched
  clicked = 31,       ///< a link was followed
  unsubscribed = 32,  ///< the recipient wants no more of this stream
  reassessed = 33,    ///< who opened or clicked was taken for somebody else: `about_event`
  complained = 34,    ///< the reader called it spam
  delayed = 35,       ///< another host's report, after `delivered`, that the copy waits there
};
std::string_view to_string(Type type);
Result<Type> parse_type(std::string_view name);

/// Whether a recipient stands as the last of these events about it says.
bool says_how_it_stands(Type type);

struct Event {
  std::uint64_t sequence = 0;  ///< place in the log; given by the commit
  Type type = Type::accepted;
  Time time{};
  AccountId account;
  MessageId message;
  RecipientId recipient;

  std::string from;  ///< envelope sender as submitted
  std::string to;    ///< recipient's address
  std::string header_from;
  std::string from_domain;  ///< sending domain: of the From: header; empty: a report of our own
  std::string subject;
  std::string stream;      ///< bulk or transactional
  std::uint64_t size = 0;  ///< bytes of the message

  std::string site;
  std::string mx_host;
  std::string mx_address;  ///< with port
  std::string source_address;
  std::string tls_version;
  std::string tls_cipher;
  std::uint64_t code = 0;  ///< of the reply; 0 where there was none
  std::string enhanced;
  std::string reply;             ///< the peer's words on one line, or ours where it said nothing
  std::uint64_t attempt = 0;     ///< 1: the first
  std::uint64_t queue_ms = 0;    ///< from acceptance to this event
  std::uint64_t attempt_ms = 0;  ///< of the transaction itself
  Time next_attempt{};           ///< deferred: when it is due again

  std::string session;  ///< of the submission
  std::string client;   ///< address that submitted
  std::string user;     ///< credential that submitted
  std::string detail;
  std::string kind;  ///< bounce taxonomy: hard, soft, block ...
  std::string category;
  std::string rule;  ///< that has judged (docs/bounces.md)
  std::string mta;   ///< host that a report names as the one that refused; a loop's program

  // As the sender has labelled the message.
  std::string campaign;
  std::string custom_id;
  std::string payload;

  // What a reader did.
  std::string url;                ///< clicked: where the link leads
  std::uint64_t link = 0;         ///< clicked: its number in the message, from 1
  std::string user_agent;         ///< of who opened, clicked or unsubscribed
  std::string address;            ///< that they came from; whole, truncated or left out
  std::string reader_client;      ///< family of the program that the user agent names
  std::string device;             ///< family of the device, the same; of people only
  std::string country;            ///< where the address is, ISO 3166-1; of people only
  std::string network;            ///< the operator's label for the address's network
  std::uint64_t asn = 0;          ///< autonomous system of the address
  std::string scope;              ///< unsubscribed: "all", or empty: its stream
  std::string machine;            ///< proxy, prefetch or scanner; empty: a person
  std::string machine_reason;     ///< the rule that says so
  std::uint64_t confidence = 0;   ///< in that, percent
  std::string machine_was;        ///< reassessed: what it was taken for before
  std::uint64_t about_event = 0;  ///< reassessed: sequence of the event whose verdict changes

  // About the relay itself.
  std::string what;  ///< operational: what happened, as one word (docs/events.md)

  bool operator==(const Event&) const = default;
};

std::string encode(const Event& event);

/// An event that recipients of one message have in common, but for `recipient` and `to`: what is
/// common is encoded once.
class SharedEvent {
 public:
  /// `event`: its `recipient` and `to` do not matter.
  explicit SharedEvent(const Event& event);

  /// As encode() of the event with these; the order of the fields differs, and means nothing.
  std::string encode(RecipientId recipient, std::string_view to) const;

 private:
  std::string common_;
};

/// Errc::corrupt if the checksum or a field does not hold; also where that field is not one of
/// `wanted`, which alone are filled in beside sequence and type.
Result<Event> decode(std::uint64_t sequence, std::string_view record,
                     FieldSet wanted = FieldSet::all());
/// The same in place, into an event that is as it was made. After an error it holds anything.
Result<> decode(std::uint64_t sequence, std::string_view record, FieldSet wanted, Event& event);

/// What kind of event a record is of, at a glance: nothing else of it is looked at.
Type type_of_record(std::string_view record);

/// One JSON object without a line end; times as RFC 3339, ids as numbers.
std::string to_json(const Event& event);

}  // namespace postrider::events
