#include "suppression/soft_bounces.h"

#include <utility>

#include "base/bytes.h"

namespace postrider::suppression {
namespace {

constexpr std::uint8_t kVersion = 2;  // 1 ended before `taken_`

}  // namespace

bool SoftBounces::take(std::uint64_t sequence) {
  if (sequence <= taken_) {
    return false;
  }
  taken_ = sequence;
  return true;
}

bool SoftBounces::add(RecipientId recipient, Time time, const SoftBounceLimit& limit) {
  if (count_ == 0 || (delivered_.exists() && delivered_ != recipient)) {
    count_ = 0;
    first_ = time;
  }
  delivered_ = {};
  ++count_;
  return limit.count > 0 && count_ >= limit.count && time - first_ >= limit.over;
}

bool SoftBounces::add_success(RecipientId recipient) {
  if (delivered_.exists() && delivered_ != recipient) {
    return true;  // the one before has arrived: no report came
  }
  delivered_ = recipient;
  return false;
}

std::string SoftBounces::encode() const {
  std::string out = begin_record(kVersion, 24);
  put_varint(out, count_);
  put_varint(out, static_cast<std::uint64_t>(first_.time_since_epoch().count()));
  put_varint(out, delivered_.value);
  put_varint(out, taken_);
  return seal_record(std::move(out));
}

Result<SoftBounces> SoftBounces::decode(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  const bool is_known = opened.version >= 1 && opened.version <= kVersion;
  Reader reader(opened.intact && is_known ? opened.payload : std::string_view());
  SoftBounces read;
  read.count_ = static_cast<std::uint32_t>(reader.varint());
  read.first_ = Time(Duration(static_cast<std::int64_t>(reader.varint())));
  read.delivered_ = RecipientId{reader.varint()};
  read.taken_ = opened.version == 1 ? 0 : reader.varint();
  if (!opened.intact || !reader.ok() || !reader.at_end()) {
    return fail(Errc::corrupt, "the soft bounces of an address can't be read");
  }
  return read;
}

}  // namespace postrider::suppression
