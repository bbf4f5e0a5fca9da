// Which fields of an event somebody reads. Those that are left out cost the reader next to nothing:
// they are stepped over, and stay empty.
//
// Pure; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace postrider::events {

class FieldSet {
 public:
  static constexpr FieldSet all() {
    FieldSet set;
    set.bits_ = {~std::uint64_t{0}, ~std::uint64_t{0}};
    return set;
  }

  /// By its tag (event_fields.h), below 128. The names of fields: fields().
  constexpr void add(std::uint8_t tag) { bits_[tag / kBits] |= std::uint64_t{1} << (tag % kBits); }
  constexpr bool has(std::uint8_t tag) const {
    return (bits_[tag / kBits] >> (tag % kBits) & 1) != 0;
  }

  bool operator==(const FieldSet&) const = default;

 private:
  static constexpr std::size_t kBits = 64;
  std::array<std::uint64_t, 2> bits_{};
};

}  // namespace postrider::events
