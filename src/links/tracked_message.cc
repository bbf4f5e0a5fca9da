#include "links/tracked_message.h"

#include <algorithm>
#include <utility>

#include "base/bytes.h"

namespace postrider::links {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 ended with the links

std::unexpected<Error> damaged() {
  return fail(Errc::corrupt, "the record of a tracked message can't be read");
}

/// Its front is read; targets and links follow.
struct Opened {
  std::uint8_t version = 0;
  AccountId account;
  Time accepted;
  Privacy privacy = Privacy::off;
  std::string_view stream;
  std::string_view from_domain;
  std::string_view campaign;
  std::string_view custom_id;
  std::string_view payload;
  Reader rest{{}};
};

Result<Opened> open(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  if (!opened.intact || opened.version == 0 || opened.version > kVersion) {
    return damaged();
  }
  Opened front;
  front.version = opened.version;
  Reader reader(opened.payload);
  front.account = AccountId{reader.varint()};
  front.accepted = Time(Duration(static_cast<std::int64_t>(reader.varint())));
  const std::uint8_t privacy = reader.u8();
  front.stream = reader.bytes();
  front.from_domain = reader.bytes();
  front.campaign = reader.bytes();
  front.custom_id = reader.bytes();
  front.payload = reader.bytes();
  if (!reader.ok() || privacy > std::to_underlying(Privacy::full)) {
    return damaged();
  }
  front.privacy = static_cast<Privacy>(privacy);
  front.rest = reader;
  return front;
}

Link link_of(std::uint64_t number) {
  return {.target = static_cast<std::uint32_t>(number >> 1), .is_app_link = (number & 1) != 0};
}

}  // namespace

void TrackedMessage::set_links(const track::Plan& plan) {
  targets = plan.targets;
  links.clear();
  links.reserve(plan.links.size());
  for (const track::PlannedLink& link : plan.links) {
    links.push_back({.target = link.target, .is_app_link = link.is_app_link});
  }
}

std::string encode(const TrackedMessage& message) {
  const std::uint8_t version = message.less_known.empty() ? 1 : kVersion;
  std::string record = begin_record(version, 256);
  put_varint(record, message.account.value);
  put_varint(record, static_cast<std::uint64_t>(message.accepted.time_since_epoch().count()));
  record.push_back(static_cast<char>(message.privacy));
  put_bytes(record, message.stream);
  put_bytes(record, message.from_domain);
  put_bytes(record, message.campaign);
  put_bytes(record, message.custom_id);
  put_bytes(record, message.payload);
  put_varint(record, message.targets.size());
  for (const std::string& target : message.targets) {
    put_bytes(record, target);
  }
  put_varint(record, message.links.size());
  for (const Link& link : message.links) {
    put_varint(record, std::uint64_t{link.target} << 1 | std::uint64_t{link.is_app_link});
  }
  if (version > 1) {
    put_varint(record, message.less_known.size());
    for (const LessKnown& one : message.less_known) {
      put_varint(record, one.index);
      record.push_back(static_cast<char>(one.privacy));
    }
  }
  return seal_record(std::move(record));
}

Result<TrackedMessage> decode(std::string_view record) {
  TRY(Opened front, open(record));
  TrackedMessage message{.account = front.account,
                         .accepted = front.accepted,
                         .privacy = front.privacy,
                         .stream = std::string(front.stream),
                         .from_domain = std::string(front.from_domain),
                         .campaign = std::string(front.campaign),
                         .custom_id = std::string(front.custom_id),
                         .payload = std::string(front.payload),
                         .targets = {},
                         .links = {},
                         .less_known = {}};
  Reader& reader = front.rest;
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    message.targets.emplace_back(reader.bytes());
  }
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    message.links.push_back(link_of(reader.varint()));
  }
  for (std::uint64_t i = front.version > 1 ? reader.varint() : 0; i > 0 && reader.ok(); --i) {
    const auto index = static_cast<std::uint32_t>(reader.varint());
    message.less_known.push_back({.index = index, .privacy = static_cast<Privacy>(reader.u8())});
  }
  const bool all_lead_somewhere = std::ranges::all_of(
      message.links, [&](const Link& link) { return link.target < message.targets.size(); });
  if (!reader.ok() || !reader.at_end() || !all_lead_somewhere) {
    return damaged();
  }
  return message;
}

Result<std::optional<FoundTarget>> find_target(std::string_view record, std::uint16_t link) {
  TRY(Opened front, open(record));
  // Twice over the targets: once to come to the links, once to the one that is wanted.
  const std::uint64_t count = front.rest.varint();
  Reader targets = front.rest;
  Reader& reader = front.rest;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    reader.bytes();
  }
  const std::uint64_t links = reader.varint();
  if (link >= links) {
    return reader.ok() ? Result<std::optional<FoundTarget>>(std::nullopt) : damaged();
  }
  for (std::uint16_t i = 0; i < link; ++i) {
    reader.varint();
  }
  const Link found = link_of(reader.varint());
  for (std::uint32_t i = 0; i < found.target && targets.ok(); ++i) {
    targets.bytes();
  }
  const std::string_view url = targets.bytes();
  if (!reader.ok() || !targets.ok() || found.target >= count) {
    return damaged();
  }
  return FoundTarget{.account = front.account,
                     .campaign = front.campaign,
                     .url = url,
                     .is_app_link = found.is_app_link};
}

}  // namespace postrider::links
