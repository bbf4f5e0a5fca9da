#include "track/splice_builder.h"

#include <algorithm>

#include "base/text.h"
#include "mail/decoded_body.h"

namespace postrider::track {
namespace {

constexpr auto kNowhere = std::string_view::npos;
constexpr std::size_t kLineWidth = 76;  // RFC 2045, 6.7 and 6.8

std::string in_units(std::string_view ascii, Region::Units units) {
  if (units == Region::Units::bytes) {
    return std::string(ascii);
  }
  std::string out;
  out.reserve(ascii.size() * 2);
  for (const char c : ascii) {
    out += units == Region::Units::utf16le ? std::string{c, '\0'} : std::string{'\0', c};
  }
  return out;
}

bool has_token(const Edit& edit) {
  return edit.what != Edit::What::text;
}

std::string coded(char c) {
  constexpr std::string_view kDigits = "0123456789ABCDEF";
  const auto value = static_cast<unsigned char>(c);
  return {'=', kDigits[value >> 4], kDigits[value & 15]};
}

bool fits(const Plan& plan, std::string_view message) {
  std::size_t at = 0;
  for (const Region& region : plan.regions) {
    if (region.begin < at || region.end < region.begin || region.end > message.size()) {
      return false;
    }
    const bool is_decoded = region.form == Region::Form::base64;
    std::size_t place = is_decoded ? 0 : region.begin;
    for (const Edit& edit : region.edits) {
      if (edit.begin < place || edit.end < edit.begin ||
          edit.end > (is_decoded ? message.size() : region.end)) {
        return false;
      }
      place = edit.end;
    }
    at = region.end;
  }
  return true;
}

}  // namespace

SpliceBuilder::SpliceBuilder(const Plan& plan, std::string_view message) : plan_(plan) {
  splice_.message_ = message;
  const auto end = message.find('\n');
  if (end != kNowhere && (end == 0 || message[end - 1] != '\r')) {
    splice_.line_end_ = "\n";
  }
}

Result<Splice> SpliceBuilder::build() {
  if (!fits(plan_, splice_.message_)) {
    return fail(Errc::corrupt, "the tracking plan is of another message");
  }
  for (const Region& region : plan_.regions) {
    TRY_VOID(add_region(region));
  }
  copy_to(splice_.message_.size());
  for (const Splice::Piece& piece : splice_.pieces_) {
    splice_.size_ += piece.size;
    splice_.size_ +=
        piece.slot == Splice::kNoSlot ? 0 : splice_.size_of(splice_.slots_[piece.slot]);
  }
  return std::move(splice_);
}

Result<> SpliceBuilder::add_region(const Region& region) {
  copy_to(region.begin);
  switch (region.form) {
    case Region::Form::plain:
      add_plain(region);
      return {};
    case Region::Form::quoted_printable:
      add_quoted_printable(region);
      return {};
    case Region::Form::base64:
      return add_base64(region);
    case Region::Form::into_quoted_printable:
      add_into_quoted_printable(region);
      return {};
  }
  return {};
}

void SpliceBuilder::add_plain(const Region& region) {
  for (const Edit& edit : region.edits) {
    copy_to(edit.begin);
    add_own(in_units(text_before_token(plan_, edit), region.units));
    if (has_token(edit)) {
      add_slot(slot_of(edit, region.units));
    }
    add_own(in_units(text_behind_token(edit), region.units));
    at_ = edit.end;
  }
}

void SpliceBuilder::add_quoted_printable(const Region& region) {
  const std::string_view text = splice_.message_.substr(0, region.end);
  for (auto edit = region.edits.begin(); edit != region.edits.end();) {
    const std::size_t before = edit->begin == 0 ? kNowhere : text.rfind('\n', edit->begin - 1);
    const std::size_t line = before == kNowhere ? 0 : before + 1;
    copy_to(std::max({line, at_, region.begin}));
    std::size_t column = 0;
    // All edits that stand on what becomes of one line.
    do {
      put_source(text.substr(at_, edit->begin - at_), column);
      put_edit(*edit, column);
      at_ = edit->end;
      ++edit;
    } while (edit != region.edits.end() &&
             text.substr(at_, edit->begin - at_).find('\n') == kNowhere);
    const std::size_t end = std::min(text.find('\n', at_), text.size());
    put_source(text.substr(at_, end - at_), column);
    at_ = end;
  }
}

/// The rest of a line of quoted-printable: a soft line end or CR at its end stays.
void SpliceBuilder::put_source(std::string_view line, std::size_t& column) {
  while (!line.empty()) {
    const bool is_code = line.front() == '=' && line.size() >= 3 && line[1] > ' ' && line[2] > ' ';
    if (line.front() == '\r' || (line.front() == '=' && !is_code)) {
      add_own(line);
      return;
    }
    const std::size_t size = is_code ? 3 : 1;
    put_atom(line.substr(0, size), column);
    line.remove_prefix(size);
  }
}

void SpliceBuilder::add_into_quoted_printable(const Region& region) {
  std::size_t column = 0;
  for (const Edit& edit : region.edits) {
    put_raw(splice_.message_.substr(at_, edit.begin - at_), column);
    put_edit(edit, column);
    at_ = edit.end;
  }
  put_raw(splice_.message_.substr(at_, region.end - at_), column);
  at_ = region.end;
}

/// Text that is not encoded yet. White space in front of a line's end must be, for good measure
/// also at the end of a stretch.
void SpliceBuilder::put_raw(std::string_view text, std::size_t& column) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool is_crlf = c == '\r' && text.substr(i + 1).starts_with('\n');
    if (c == '\n' || is_crlf) {
      add_own(is_crlf ? "\r\n" : "\n");
      column = 0;
      i += is_crlf ? 1 : 0;
      continue;
    }
    const char next = i + 1 < text.size() ? text[i + 1] : '\n';
    const bool is_last_white = (c == ' ' || c == '\t') && (next == '\r' || next == '\n');
    const bool is_plain = (c >= ' ' && c < '\x7F' && c != '=') || c == '\t';
    put_atom(is_plain && !is_last_white ? std::string(1, c) : coded(c), column);
  }
}

void SpliceBuilder::put_text(std::string_view text, std::size_t& column) {
  for (const char c : text) {
    put_atom(c == '=' ? coded(c) : std::string(1, c), column);
  }
}

void SpliceBuilder::put_edit(const Edit& edit, std::size_t& column) {
  put_text(text_before_token(plan_, edit), column);
  if (has_token(edit)) {
    make_room(kTokenLetters, column);
    add_slot(slot_of(edit, Region::Units::bytes));
    column += kTokenLetters;
  }
  put_text(text_behind_token(edit), column);
}

void SpliceBuilder::put_atom(std::string_view atom, std::size_t& column) {
  make_room(atom.size(), column);
  // No line of ours may begin like a boundary.
  const std::string escaped = atom == "-" && column == 0 ? coded('-') : std::string(atom);
  add_own(escaped);
  column += escaped.size();
}

/// One letter less than the line holds: for the "=" of a soft line end.
void SpliceBuilder::make_room(std::size_t size, std::size_t& column) {
  if (column + size > kLineWidth - 1) {
    add_own("=");
    add_own(splice_.line_end_);
    column = 0;
  }
}

Result<> SpliceBuilder::add_base64(const Region& region) {
  const std::string_view source = splice_.message_.substr(region.begin, region.end - region.begin);
  TRY(const mail::DecodedBody body,
      mail::DecodedBody::decode(source, mail::TransferEncoding::base64));
  const std::size_t from = region.edits.front().begin / 3 * 3;
  if (region.edits.back().end > body.text().size()) {
    return fail(Errc::corrupt, "the tracking plan is of another message");
  }
  std::size_t start = body.source_of(from);
  if (from ==
      body.text().size()) {  // behind the last group: in front of the white space at the end
    start = source.find_last_not_of(" \t\r\n") + 1;
  }
  copy_to(region.begin + start);
  const auto line = source.substr(0, start).rfind('\n');
  const std::size_t column = line == kNowhere ? start : start - line - 1;
  auto stretches = stretches_of(region, body.text(), from);
  TRY_VOID(encode(stretches, column));
  at_ = region.begin + std::max(source.find_last_not_of(" \t\r\n") + 1, start);
  return {};
}

std::vector<SpliceBuilder::Stretch> SpliceBuilder::stretches_of(const Region& region,
                                                                std::string_view text,
                                                                std::size_t from) {
  std::vector<Stretch> stretches(1);
  std::size_t at = from;
  for (const Edit& edit : region.edits) {
    stretches.back().text += text.substr(at, edit.begin - at);
    stretches.back().text += in_units(text_before_token(plan_, edit), region.units);
    if (has_token(edit)) {
      stretches.back().slot = slot_of(edit, region.units);
      stretches.emplace_back();
    }
    stretches.back().text += in_units(text_behind_token(edit), region.units);
    at = edit.end;
  }
  stretches.back().text += text.substr(at);
  return stretches;
}

Result<> SpliceBuilder::encode(std::vector<Stretch>& stretches, std::size_t column) {
  std::size_t used = 0;  // of a stretch, by the slot before it
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const std::string_view text = std::string_view(stretches[i].text).substr(used);
    const bool is_last = !stretches[i].slot;
    const std::size_t left = is_last ? 0 : text.size() % 3;
    encode_groups(text.substr(0, text.size() - left), column);
    if (is_last) {
      break;
    }
    Slot slot = *stretches[i].slot;
    slot.is_base64 = true;
    slot.left_size = static_cast<std::uint8_t>(left);
    std::ranges::copy(text.substr(text.size() - left), slot.left.begin());
    const std::size_t units = slot.units == Region::Units::bytes ? 1 : 2;
    const std::string_view next = stretches[i + 1].text;
    const std::size_t wanted = (3 - (left + kTokenLetters * units) % 3) % 3;
    used = std::min(wanted, next.size());
    if (used < wanted && i + 2 < stretches.size()) {
      return fail(Errc::corrupt, "two links of the tracking plan touch");
    }
    slot.right_size = static_cast<std::uint8_t>(used);
    std::ranges::copy(next.substr(0, used), slot.right.begin());
    place_breaks(slot, column);
    add_slot(slot);
  }
  return {};
}

void SpliceBuilder::encode_groups(std::string_view bytes, std::size_t& column) {
  while (!bytes.empty()) {
    if (column + 4 > kLineWidth) {
      add_own(splice_.line_end_);
      column = 0;
    }
    const std::string_view part = bytes.substr(0, (kLineWidth - column) / 4 * 3);
    add_own(base64(part));
    column += (part.size() + 2) / 3 * 4;
    bytes.remove_prefix(part.size());
  }
}

void SpliceBuilder::place_breaks(Slot& slot, std::size_t& column) const {
  const std::size_t units = slot.units == Region::Units::bytes ? 1 : 2;
  std::size_t letters = (slot.left_size + kTokenLetters * units + slot.right_size + 2) / 3 * 4;
  for (std::uint8_t& at : slot.breaks) {
    const std::size_t room = (kLineWidth - std::min(column, kLineWidth)) / 4 * 4;
    if (letters <= room) {
      break;
    }
    at = static_cast<std::uint8_t>(room);
    letters -= room;
    column = 0;
  }
  column += letters;
}

void SpliceBuilder::copy_to(std::size_t end) {
  if (end > at_) {
    splice_.pieces_.push_back(
        {.is_own = false, .begin = at_, .size = end - at_, .slot = Splice::kNoSlot});
    at_ = end;
  }
}

void SpliceBuilder::add_own(std::string_view text) {
  if (text.empty()) {
    return;
  }
  auto& pieces = splice_.pieces_;
  const bool joins =
      !pieces.empty() && pieces.back().is_own && pieces.back().slot == Splice::kNoSlot;
  if (!joins) {
    pieces.push_back(
        {.is_own = true, .begin = splice_.own_.size(), .size = 0, .slot = Splice::kNoSlot});
  }
  pieces.back().size += text.size();
  splice_.own_ += text;
}

void SpliceBuilder::add_slot(const Slot& slot) {
  auto& pieces = splice_.pieces_;
  if (pieces.empty() || pieces.back().slot != Splice::kNoSlot) {
    pieces.push_back(
        {.is_own = true, .begin = splice_.own_.size(), .size = 0, .slot = Splice::kNoSlot});
  }
  pieces.back().slot = static_cast<std::uint32_t>(splice_.slots_.size());
  splice_.slots_.push_back(slot);
}

SpliceBuilder::Slot SpliceBuilder::slot_of(const Edit& edit, Region::Units units) const {
  Slot slot;
  slot.link = edit.link;
  slot.units = units;
  slot.kind = edit.what == Edit::What::pixel       ? TokenKind::open
              : edit.what == Edit::What::app_click ? TokenKind::app_click
                                                   : TokenKind::click;
  return slot;
}

}  // namespace postrider::track
