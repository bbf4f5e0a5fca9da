// One recipient's copy of a message with links and pixel of its own.
//
// A Splice is prepared once from a plan and its message: stretches of bytes that are the same for
// all, and the slots between them. What it costs for each copy is copying and the tokens. Bytes
// that no edit touches are those of the message: in quoted-printable only lines are wrapped again
// that an edit stands in, in base64 what stands before the first touched line is kept and the rest
// of the part encoded again. Const calls from any thread.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "track/plan.h"
#include "track/token.h"

namespace postrider::track {

class Splice {
 public:
  /// Errc::corrupt: the plan is not of this message. `message` must outlive the splice.
  static Result<Splice> prepare(const Plan& plan, std::string_view message);

  /// Every copy has the same size.
  std::size_t size() const { return size_; }
  std::string copy_for(const TokenKeys::Maker& maker, std::uint32_t recipient) const;
  /// A copy with tokens that stand for nothing: lines, sizes and bytes beyond ASCII are as in each.
  std::string example() const;

 private:
  friend class SpliceBuilder;

  static constexpr std::uint32_t kNoSlot = 0xFFFFFFFF;
  static constexpr std::uint8_t kNoBreak = 0xFF;

  struct Slot {
    TokenKind kind = TokenKind::open;
    std::uint16_t link = 0;
    Region::Units units = Region::Units::bytes;
    bool is_base64 = false;
    // In base64 the first and last group hold bytes of the neighbourhood, and lines end between
    // letters: so many letters, a line end, so many, a line end, the rest.
    std::uint8_t left_size = 0;
    std::uint8_t right_size = 0;
    std::array<std::uint8_t, 2> breaks{kNoBreak, kNoBreak};
    std::array<char, 2> left{};
    std::array<char, 2> right{};
  };

  /// Bytes that are the same for all, and the slot behind them.
  struct Piece {
    bool is_own = false;  ///< in own_, not in the message
    std::size_t begin = 0;
    std::size_t size = 0;
    std::uint32_t slot = kNoSlot;
  };

  template <class MakeToken>
  std::string copy(MakeToken make_token) const;
  char* write(const Slot& slot, const TokenText& token, char* out) const;
  std::size_t size_of(const Slot& slot) const;

  std::string_view message_;
  std::string own_;
  std::string_view line_end_ = "\r\n";
  std::vector<Piece> pieces_;
  std::vector<Slot> slots_;
  std::size_t size_ = 0;
};

}  // namespace postrider::track
