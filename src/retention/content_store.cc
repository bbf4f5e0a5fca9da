#include "retention/content_store.h"

#include <algorithm>
#include <array>
#include <sodium.h>
#include <utility>

#include "base/bytes.h"
#include "retention/options.h"

namespace postrider::retention {

using store::Table;

namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint32_t kDaysMost =
    static_cast<std::uint32_t>(std::chrono::ceil<std::chrono::days>(kContentMost).count());

std::uint32_t day_of(Time time) {
  return static_cast<std::uint32_t>(
      std::chrono::floor<std::chrono::days>(time).time_since_epoch().count());
}

std::string day_key(std::uint32_t day) {
  std::string key;
  put_u32(key, day);
  return key;
}

std::string row_key(std::uint32_t day, MessageId message) {
  std::string key = day_key(day);
  put_u64(key, message.value);
  return key;
}

const unsigned char* octets(std::string_view bytes) {
  return reinterpret_cast<const unsigned char*>(bytes.data());
}

}  // namespace

Duration content_kept(const directory::Account* account, Duration installation) {
  const bool has_own = account != nullptr && account->retention.content;
  return std::min(has_own ? Duration(*account->retention.content) : installation, kContentMost);
}

Result<> ContentStore::put(store::Step& step, MessageId message, std::string_view content,
                           Duration keep_for, Time now) {
  const auto days = std::clamp<std::int64_t>(std::chrono::ceil<std::chrono::days>(keep_for).count(),
                                             1, kDaysMost);
  const std::uint32_t day = day_of(now) + static_cast<std::uint32_t>(days) - 1;
  TRY(const Key key, key_of_day(day));
  std::array<unsigned char, crypto_secretbox_NONCEBYTES> nonce{};
  ::randombytes_buf(nonce.data(), nonce.size());
  std::string record = begin_record(
      kVersion, nonce.size() + crypto_secretbox_MACBYTES + content.size() + sizeof(std::uint32_t));
  record.append(reinterpret_cast<const char*>(nonce.data()), nonce.size());
  const std::size_t at = record.size();
  record.resize(at + crypto_secretbox_MACBYTES + content.size());
  ::crypto_secretbox_easy(reinterpret_cast<unsigned char*>(record.data()) + at, octets(content),
                          content.size(), nonce.data(), key.data());
  step.put(Table::content, row_key(day, message), seal_record(std::move(record)));
  return {};
}

Result<ContentStore::Key> ContentStore::key_of_day(std::uint32_t day) {
  const std::lock_guard lock(mutex_);
  if (const auto found = keys_.find(day); found != keys_.end()) {
    return found->second;
  }
  TRY(const Key key, directory_.make_content_key(day));
  keys_.emplace(day, key);
  return key;
}

Result<std::optional<std::string>> ContentStore::open(std::uint32_t day,
                                                      std::string_view record) const {
  TRY(const std::optional<Key> key, directory_.content_key(day));
  if (!key) {
    return std::optional<std::string>();
  }
  const OpenedRecord opened = open_record(record);
  constexpr std::size_t kHead = crypto_secretbox_NONCEBYTES + crypto_secretbox_MACBYTES;
  if (!opened.intact || opened.version != kVersion || opened.payload.size() < kHead) {
    return fail(Errc::corrupt, "what was kept of the message can't be read");
  }
  const std::string_view sealed = opened.payload.substr(crypto_secretbox_NONCEBYTES);
  std::string content(sealed.size() - crypto_secretbox_MACBYTES, '\0');
  if (::crypto_secretbox_open_easy(reinterpret_cast<unsigned char*>(content.data()), octets(sealed),
                                   sealed.size(), octets(opened.payload), key->data()) != 0) {
    return fail(Errc::corrupt, "what was kept of the message does not fit its key");
  }
  return std::optional(std::move(content));
}

Result<std::optional<std::string>> ContentStore::read(MessageId message, Time now) const {
  for (std::uint32_t day = day_of(now); day <= day_of(now) + kDaysMost; ++day) {
    TRY(const std::optional<std::string> record, store_.get(Table::content, row_key(day, message)));
    if (record) {
      return open(day, *record);
    }
  }
  return std::optional<std::string>();
}

Result<std::uint64_t> ContentStore::erase_if(
    store::Step& step, const std::function<bool(std::string_view)>& is_to_go) const {
  std::uint64_t count = 0;
  TRY_VOID(store_.scan(Table::content, {}, {}, [&](std::string_view key, std::string_view record) {
    const Result<std::optional<std::string>> content = open(Reader(key).u32(), record);
    if (content && *content && is_to_go(**content)) {
      step.erase(Table::content, std::string(key));
      ++count;
    }
    return true;
  }));
  return count;
}

Result<> ContentStore::expire(store::Step& step, Time now) {
  const std::uint32_t today = day_of(now);
  {
    const std::lock_guard lock(mutex_);
    keys_.erase(keys_.begin(), keys_.lower_bound(today));
  }
  TRY_VOID(directory_.drop_content_keys(today));
  bool has_old = false;
  TRY_VOID(store_.scan(Table::content, {}, day_key(today),
                       [&](std::string_view /*key*/, std::string_view /*record*/) {
                         has_old = true;
                         return false;
                       }));
  if (has_old) {
    step.erase_range(Table::content, day_key(0), day_key(today));
  }
  return {};
}

}  // namespace postrider::retention
