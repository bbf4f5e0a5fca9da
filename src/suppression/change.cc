#include "suppression/change.h"

#include <algorithm>
#include <sodium.h>
#include <utility>

#include "base/bytes.h"
#include "base/text.h"

namespace postrider::suppression {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr char kSoftRow = 0;
constexpr char kChangeRow = 1;
constexpr char kBehind = 2;
constexpr std::size_t kPrefix = sizeof(std::uint64_t) + sizeof(AddressHash);

struct ReasonName {
  Reason reason;
  std::string_view name;
};
constexpr std::array kReasons{
    ReasonName{Reason::hard_bounce, "hard_bounce"}, ReasonName{Reason::complaint, "complaint"},
    ReasonName{Reason::unsubscribe, "unsubscribe"}, ReasonName{Reason::manual, "manual"},
    ReasonName{Reason::repeated_soft, "repeated_soft"}};

std::uint64_t milliseconds(Time time) {
  return static_cast<std::uint64_t>(time.time_since_epoch().count());
}

Time time_at(std::uint64_t milliseconds) {
  return Time(Duration(static_cast<std::int64_t>(milliseconds)));
}

}  // namespace

std::string_view to_string(Reason reason) {
  const auto* found = std::ranges::find(kReasons, reason, &ReasonName::reason);
  return found == kReasons.end() ? "any" : found->name;
}

std::optional<Reason> parse_reason(std::string_view name) {
  const auto* found = std::ranges::find(kReasons, name, &ReasonName::name);
  return found == kReasons.end() ? std::nullopt : std::optional(found->reason);
}

std::string encode(const Change& change) {
  std::string out =
      begin_record(kVersion, 32 + change.address.size() + change.scope.size() + change.note.size());
  out.push_back(change.is_removal ? 1 : 0);
  out.push_back(static_cast<char>(change.reason));
  put_bytes(out, change.scope);
  put_varint(out, change.source.value);
  put_varint(out, change.expires ? milliseconds(*change.expires) : 0);
  put_bytes(out, change.address);
  put_bytes(out, change.note);
  return seal_record(std::move(out));
}

Result<Change> decode_change(std::string_view row_key, std::string_view record) {
  const OpenedRecord opened = open_record(record);
  if (opened.intact && opened.version > kVersion) {
    return fail(Errc::unavailable, "a suppression was written by a newer version of Postrider");
  }
  Reader reader(opened.intact ? opened.payload : std::string_view());
  Change change;
  change.is_removal = reader.u8() != 0;
  change.reason = static_cast<Reason>(reader.u8());
  change.scope = reader.bytes();
  change.source = RecipientId{reader.varint()};
  if (const std::uint64_t expires = reader.varint(); expires != 0) {
    change.expires = time_at(expires);
  }
  change.address = reader.bytes();
  change.note = reader.bytes();
  if (!opened.intact || !reader.ok() || !reader.at_end() || row_key.size() <= kPrefix + 1) {
    return fail(Errc::corrupt, "the record of a suppression can't be read");
  }
  change.time = time_at(Reader(row_key.substr(kPrefix + 1)).u64());
  return change;
}

AddressHash hash_of(const mail::Address& address, const Secret& secret) {
  std::string normal;
  normal.reserve(address.local.size() + 1 + address.domain.size());
  for (const char c : address.local) {
    normal.push_back(to_lower(c));
  }
  normal.append("@").append(address.domain);
  AddressHash hash{};
  crypto_generichash(hash.data(), hash.size(),
                     reinterpret_cast<const unsigned char*>(normal.data()), normal.size(),
                     secret.data(), secret.size());
  return hash;
}

Result<RowKey> parse_row_key(std::string_view key) {
  if (key.size() <= kPrefix || key[kPrefix] < kSoftRow || key[kPrefix] > kChangeRow) {
    return fail(Errc::corrupt, "a key of the suppression list can't be read");
  }
  RowKey parsed{.account = AccountId{Reader(key).u64()}};
  std::ranges::copy(key.substr(sizeof(std::uint64_t), sizeof(AddressHash)), parsed.hash.begin());
  parsed.is_change = key[kPrefix] == kChangeRow;
  return parsed;
}

std::string account_prefix(AccountId account) {
  std::string key;
  put_u64(key, account.value);
  return key;
}

std::string address_prefix(AccountId account, const AddressHash& hash) {
  std::string key;
  key.reserve(kPrefix + 1 + 2 * sizeof(std::uint64_t));
  put_u64(key, account.value);
  key.append(hash.begin(), hash.end());
  return key;
}

std::string soft_row_key(AccountId account, const AddressHash& hash) {
  return address_prefix(account, hash) + kSoftRow;
}

std::string first_change_key(AccountId account, const AddressHash& hash) {
  return address_prefix(account, hash) + kChangeRow;
}

std::string change_key(AccountId account, const AddressHash& hash, Time time,
                       std::uint64_t number) {
  std::string key = first_change_key(account, hash);
  put_u64(key, milliseconds(time));
  put_u64(key, number);
  return key;
}

std::string behind(AccountId account, const AddressHash& hash) {
  return address_prefix(account, hash) + kBehind;
}

}  // namespace postrider::suppression
