// How a Splice is put together: track/splice.cc's own. One thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "track/splice.h"

namespace postrider::track {

class SpliceBuilder {
 public:
  SpliceBuilder(const Plan& plan, std::string_view message);

  Result<Splice> build();

 private:
  using Slot = Splice::Slot;

  Result<> add_region(const Region& region);
  void add_plain(const Region& region);
  void add_quoted_printable(const Region& region);
  void add_into_quoted_printable(const Region& region);
  Result<> add_base64(const Region& region);

  /// `text` with `slot` behind it, if there is one: of what base64 encodes.
  struct Stretch {
    std::string text;
    std::optional<Slot> slot;
  };
  std::vector<Stretch> stretches_of(const Region& region, std::string_view text, std::size_t from);
  Result<> encode(std::vector<Stretch>& stretches, std::size_t column);
  void encode_groups(std::string_view bytes, std::size_t& column);
  void place_breaks(Slot& slot, std::size_t& column) const;

  // Quoted-printable, an atom at a time, on lines of 76.
  void put_atom(std::string_view atom, std::size_t& column);
  void put_text(std::string_view text, std::size_t& column);
  void put_source(std::string_view line, std::size_t& column);
  void put_edit(const Edit& edit, std::size_t& column);
  void put_raw(std::string_view text, std::size_t& column);
  void make_room(std::size_t size, std::size_t& column);

  void copy_to(std::size_t end);
  void add_own(std::string_view text);
  void add_slot(const Slot& slot);
  Slot slot_of(const Edit& edit, Region::Units units) const;

  const Plan& plan_;
  Splice splice_;
  std::size_t at_ = 0;  ///< in the message: what is before is in pieces
};

}  // namespace postrider::track
