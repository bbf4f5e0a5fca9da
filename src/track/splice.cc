#include "track/splice.h"

#include <cassert>
#include <cstring>

#include "track/splice_builder.h"

namespace postrider::track {
namespace {

constexpr std::string_view kLetters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
constexpr std::size_t kLongestRaw = kTokenLetters * 2 + 4;  // in UTF-16, with its neighbours

std::size_t unit_bytes(Region::Units units) {
  return units == Region::Units::bytes ? 1 : 2;
}

char* put(char* out, std::string_view text) {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_units(char* out, const TokenText& token, Region::Units units) {
  if (units == Region::Units::bytes) {
    return put(out, {token.data(), token.size()});
  }
  for (const char c : token) {
    *out++ = units == Region::Units::utf16le ? c : '\0';
    *out++ = units == Region::Units::utf16le ? '\0' : c;
  }
  return out;
}

/// Four letters for up to three bytes.
void encode_group(const char* in, std::size_t count, char* out) {
  std::uint32_t group = 0;
  for (std::size_t i = 0; i < 3; ++i) {
    group = group << 8 | (i < count ? static_cast<unsigned char>(in[i]) : 0U);
  }
  for (std::size_t i = 0; i < 4; ++i) {
    out[i] = i <= count ? kLetters[group >> (18 - 6 * i) & 63] : '=';
  }
}

}  // namespace

Result<Splice> Splice::prepare(const Plan& plan, std::string_view message) {
  return SpliceBuilder(plan, message).build();
}

std::string Splice::copy_for(const TokenKeys::Maker& maker, std::uint32_t recipient) const {
  return copy([&](const Slot& slot, TokenText& token) {
    maker.make(recipient, slot.kind, slot.link, token.data());
  });
}

std::string Splice::example() const {
  return copy([](const Slot& /*slot*/, TokenText& token) { token.fill('A'); });
}

template <class MakeToken>
std::string Splice::copy(MakeToken make_token) const {
  std::string out;
  out.resize_and_overwrite(
      size_, [&](char* begin, std::size_t /*room: libstdc++ 12 says how much there is*/) {
        char* at = begin;
        TokenText token;
        for (const Piece& piece : pieces_) {
          const char* from = (piece.is_own ? own_.data() : message_.data()) + piece.begin;
          std::memcpy(at, from, piece.size);
          at += piece.size;
          if (piece.slot != kNoSlot) {
            const Slot& slot = slots_[piece.slot];
            make_token(slot, token);
            at = write(slot, token, at);
          }
        }
        assert(at == begin + size_);
        return size_;
      });
  return out;
}

char* Splice::write(const Slot& slot, const TokenText& token, char* out) const {
  if (!slot.is_base64) {
    return put_units(out, token, slot.units);
  }
  std::array<char, kLongestRaw> raw;
  char* end = put(raw.data(), {slot.left.data(), slot.left_size});
  end = put_units(end, token, slot.units);
  end = put(end, {slot.right.data(), slot.right_size});
  const auto size = static_cast<std::size_t>(end - raw.data());
  std::size_t next_break = 0;
  std::size_t letters = 0;  // since the last line end
  for (std::size_t i = 0; i < size; i += 3) {
    while (next_break < slot.breaks.size() && slot.breaks[next_break] == letters) {
      out = put(out, line_end_);
      letters = 0;
      ++next_break;
    }
    encode_group(raw.data() + i, std::min<std::size_t>(size - i, 3), out);
    out += 4;
    letters += 4;
  }
  return out;
}

std::size_t Splice::size_of(const Slot& slot) const {
  const std::size_t token = kTokenLetters * unit_bytes(slot.units);
  if (!slot.is_base64) {
    return token;
  }
  std::size_t size = (slot.left_size + token + slot.right_size + 2) / 3 * 4;
  for (const std::uint8_t at : slot.breaks) {
    size += at == kNoBreak ? 0 : line_end_.size();
  }
  return size;
}

}  // namespace postrider::track
