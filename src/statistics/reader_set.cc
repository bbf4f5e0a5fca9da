#include "statistics/reader_set.h"

#include <utility>

#include "base/bytes.h"

namespace postrider::statistics {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 ended with the hour
constexpr char kPrefix = '\xfe';      // account ids begin with zeros

}  // namespace

std::optional<RecipientId> ReaderSet::recipient_of_key(std::string_view key) {
  if (!key.starts_with(kPrefix) || key.size() != 2 + sizeof(std::uint64_t)) {
    return std::nullopt;
  }
  return RecipientId{Reader(key.substr(2)).u64()};
}

Result<ReaderSet::Entry*> ReaderSet::entry(What what, RecipientId recipient) {
  std::string key{kPrefix, static_cast<char>(what)};
  put_u64(key, recipient.value);
  if (const auto found = changed_.find(key); found != changed_.end()) {
    return &found->second;
  }
  TRY(const std::optional<std::string> record, store_.get(store::Table::counter, key));
  Entry entry;
  if (record) {
    const OpenedRecord opened = open_record(*record);
    Reader reader(opened.intact ? opened.payload : std::string_view());
    entry.times = reader.varint();
    entry.first.hour = static_cast<std::uint32_t>(reader.varint());
    entry.first.tag = static_cast<std::uint32_t>(reader.varint());
    entry.first.sequence = reader.varint();
  }
  return &changed_.emplace(std::move(key), entry).first->second;
}

Result<bool> ReaderSet::add(What what, RecipientId recipient, const First& first) {
  TRY(Entry* const found, entry(what, recipient));
  const bool is_first = found->times == 0;
  ++found->times;
  if (is_first) {
    found->first = first;
  }
  return is_first;
}

Result<std::optional<ReaderSet::First>> ReaderSet::remove(What what, RecipientId recipient) {
  TRY(Entry* const found, entry(what, recipient));
  if (found->times == 0) {
    return std::nullopt;
  }
  --found->times;
  return found->times == 0 ? std::optional(found->first) : std::nullopt;
}

void ReaderSet::write(store::Step& step) {
  for (const auto& [key, entry] : changed_) {
    std::string record = begin_record(kVersion, 16);
    put_varint(record, entry.times);
    put_varint(record, entry.first.hour);
    put_varint(record, entry.first.tag);
    put_varint(record, entry.first.sequence);
    step.put(store::Table::counter, key, seal_record(std::move(record)));
  }
  changed_.clear();
}

}  // namespace postrider::statistics
