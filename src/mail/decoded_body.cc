#include "mail/decoded_body.h"

#include <algorithm>
#include <array>

#include "base/hex_digit.h"
#include "base/text.h"

namespace postrider::mail {
namespace {

/// Of a soft line end at the start of `text`; 0 if there is none. The body's end is one, too.
std::size_t soft_end(std::string_view text) {
  std::size_t at = 1;
  while (at < text.size() && (text[at] == ' ' || text[at] == '\t')) {
    ++at;
  }
  if (at == text.size()) {
    return at;
  }
  if (text.substr(at).starts_with("\r\n")) {
    return at + 2;
  }
  return text[at] == '\n' ? at + 1 : 0;
}

enum : std::int8_t { kForeign = -1, kWhite = -2, kPadding = -3 };

consteval std::array<std::int8_t, 256> base64_values() {
  std::array<std::int8_t, 256> values{};
  values.fill(kForeign);
  constexpr std::string_view kLetters =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  for (std::size_t i = 0; i < kLetters.size(); ++i) {
    values[static_cast<unsigned char>(kLetters[i])] = static_cast<std::int8_t>(i);
  }
  for (const char c : {' ', '\t', '\r', '\n'}) {
    values[static_cast<unsigned char>(c)] = kWhite;
  }
  values['='] = kPadding;
  return values;
}
constexpr std::array<std::int8_t, 256> kBase64 = base64_values();

}  // namespace

Result<TransferEncoding> read_encoding(std::string_view name) {
  if (name == "7bit" || name == "8bit" || name == "binary" || name.empty()) {
    return TransferEncoding::identity;
  }
  if (name == "quoted-printable") {
    return TransferEncoding::quoted_printable;
  }
  if (name == "base64") {
    return TransferEncoding::base64;
  }
  return fail(Errc::invalid, "a part is encoded as '" + printable(name, 40) + "'");
}

Result<DecodedBody> DecodedBody::decode(std::string_view source, TransferEncoding encoding) {
  DecodedBody body;
  body.encoding_ = encoding;
  body.source_ = source;
  if (encoding == TransferEncoding::quoted_printable) {
    TRY_VOID(body.decode_quoted_printable());
  } else if (encoding == TransferEncoding::base64) {
    TRY_VOID(body.decode_base64());
  }
  return body;
}

Result<> DecodedBody::decode_quoted_printable() {
  has_own_ = true;
  own_.reserve(source_.size());
  runs_.push_back({.text_at = 0, .source_at = 0});
  std::size_t at = 0;
  while (at < source_.size()) {
    const std::size_t plain = std::min(source_.find('=', at), source_.size());
    own_ += source_.substr(at, plain - at);
    at = plain;
    if (at == source_.size()) {
      break;
    }
    const std::string_view rest = source_.substr(at);
    const auto high = rest.size() > 2 ? hex_digit(rest[1]) : std::nullopt;
    const auto low = rest.size() > 2 ? hex_digit(rest[2]) : std::nullopt;
    if (high && low) {
      own_.push_back(static_cast<char>(*high * 16 + *low));
      at += 3;
    } else if (const std::size_t skipped = soft_end(rest); skipped > 0) {
      at += skipped;
    } else {
      return fail(Errc::invalid, "a part is not quoted-printable");
    }
    if (runs_.back().text_at == own_.size()) {
      runs_.back().source_at = at;
    } else {
      runs_.push_back({.text_at = own_.size(), .source_at = at});
    }
  }
  return {};
}

Result<> DecodedBody::decode_base64() {
  has_own_ = true;
  own_.reserve(source_.size() / 4 * 3);
  std::uint32_t held = 0;
  std::size_t letters = 0;
  std::size_t padding = 0;
  bool is_in_run = false;
  for (std::size_t at = 0; at < source_.size(); ++at) {
    const std::int8_t value = kBase64[static_cast<unsigned char>(source_[at])];
    if (value == kWhite) {
      is_in_run = false;
      continue;
    }
    if (value == kPadding) {
      ++padding;
      continue;
    }
    if (value == kForeign || padding > 0) {
      return fail(Errc::invalid, "a part is not base64");
    }
    if (!is_in_run) {
      runs_.push_back({.text_at = letters, .source_at = at});
      is_in_run = true;
    }
    held = held << 6 | static_cast<std::uint32_t>(value);
    if (++letters % 4 == 0) {
      own_.push_back(static_cast<char>(held >> 16 & 0xFF));
      own_.push_back(static_cast<char>(held >> 8 & 0xFF));
      own_.push_back(static_cast<char>(held & 0xFF));
    }
  }
  const std::size_t rest = letters % 4;
  if (rest == 1 || padding != (4 - rest) % 4) {
    return fail(Errc::invalid, "a part is not base64");
  }
  if (rest >= 2) {
    own_.push_back(static_cast<char>(held >> (rest == 2 ? 4 : 10) & 0xFF));
  }
  if (rest == 3) {
    own_.push_back(static_cast<char>(held >> 2 & 0xFF));
  }
  return {};
}

const DecodedBody::Run& DecodedBody::run_of(std::size_t at) const {
  const auto behind = std::ranges::upper_bound(runs_, at, {}, &Run::text_at);
  return *(behind - 1);
}

std::size_t DecodedBody::source_of(std::size_t at) const {
  if (at >= text().size()) {
    return source_.size();
  }
  const std::size_t unit = encoding_ == TransferEncoding::base64 ? at * 4 / 3 : at;
  if (encoding_ == TransferEncoding::identity) {
    return at;
  }
  const Run& run = run_of(unit);
  return run.source_at + (unit - run.text_at);
}

std::size_t DecodedBody::source_end_of(std::size_t at) const {
  const std::size_t begin = source_of(at);
  return begin + (encoding_ == TransferEncoding::quoted_printable && source_[begin] == '=' ? 3 : 1);
}

}  // namespace postrider::mail
