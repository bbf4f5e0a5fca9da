#include <utility>

#include "base/bytes.h"
#include "track/plan.h"

namespace postrider::track {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kAppLink = 1;
constexpr std::uint8_t kHasUser = 2;

void put_region(std::string& out, const Region& region, std::size_t& at) {
  out.push_back(
      static_cast<char>(std::to_underlying(region.form) << 2 | std::to_underlying(region.units)));
  put_varint(out, region.begin - at);
  put_varint(out, region.end - region.begin);
  at = region.end;
  put_varint(out, region.edits.size());
  std::size_t place = region.form == Region::Form::base64 ? 0 : region.begin;
  for (const Edit& edit : region.edits) {
    put_varint(out, (edit.begin - place) << 2 | std::to_underlying(edit.what));
    put_varint(out, edit.end - edit.begin);
    place = edit.end;
    if (edit.what == Edit::What::text) {
      put_bytes(out, edit.text);
    } else if (edit.what != Edit::What::pixel) {
      put_varint(out, edit.link);
    }
  }
}

Edit read_edit(Reader& reader, std::size_t& place) {
  Edit edit;
  const std::uint64_t front = reader.varint();
  edit.what = static_cast<Edit::What>(front & 3);
  edit.begin = place + (front >> 2);
  edit.end = edit.begin + reader.varint();
  place = edit.end;
  if (edit.what == Edit::What::text) {
    edit.text = reader.bytes();
  } else if (edit.what != Edit::What::pixel) {
    edit.link = static_cast<std::uint16_t>(reader.varint());
  }
  return edit;
}

Region read_region(Reader& reader, std::size_t& at) {
  Region region;
  const std::uint8_t front = reader.u8();
  region.form = static_cast<Region::Form>(front >> 2 & 3);
  region.units = static_cast<Region::Units>(front & 3);
  region.begin = at + reader.varint();
  region.end = region.begin + reader.varint();
  at = region.end;
  const std::uint64_t count = reader.varint();
  std::size_t place = region.form == Region::Form::base64 ? 0 : region.begin;
  for (std::uint64_t i = 0; i < count && reader.ok(); ++i) {
    region.edits.push_back(read_edit(reader, place));
  }
  return region;
}

/// Each link has a target, each edit a link.
bool is_consistent(const Plan& plan) {
  for (const PlannedLink& link : plan.links) {
    if (link.target >= plan.targets.size()) {
      return false;
    }
  }
  for (const Region& region : plan.regions) {
    if (std::to_underlying(region.units) > std::to_underlying(Region::Units::utf16be)) {
      return false;
    }
    for (const Edit& edit : region.edits) {
      const bool has_link = edit.what == Edit::What::click || edit.what == Edit::What::app_click;
      if (has_link && edit.link >= plan.links.size()) {
        return false;
      }
    }
  }
  return true;
}

}  // namespace

std::string encode_plan(const Plan& plan) {
  std::string out = begin_record(kVersion, 64 + plan.links.size() * 16);
  put_bytes(out, plan.base);
  put_bytes(out, plan.untouched);
  put_varint(out, plan.left_over);
  put_varint(out, plan.targets.size());
  for (const std::string& target : plan.targets) {
    put_bytes(out, target);
  }
  put_varint(out, plan.links.size());
  for (const PlannedLink& link : plan.links) {
    put_varint(out, std::uint64_t{link.target} << 2 | (link.has_user ? kHasUser : 0) |
                        (link.is_app_link ? kAppLink : 0));
  }
  put_varint(out, plan.regions.size());
  std::size_t at = 0;
  for (const Region& region : plan.regions) {
    put_region(out, region, at);
  }
  return seal_record(std::move(out));
}

Result<Plan> decode_plan(std::string_view record) {
  const OpenedRecord opened = open_record(record);
  if (!opened.intact || opened.version != kVersion) {
    return fail(Errc::corrupt, "the tracking plan is damaged or of another version");
  }
  Reader reader(opened.payload);
  Plan plan;
  plan.base = reader.bytes();
  plan.untouched = reader.bytes();
  plan.left_over = reader.varint();
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    plan.targets.emplace_back(reader.bytes());
  }
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    const std::uint64_t link = reader.varint();
    plan.links.push_back({.target = static_cast<std::uint32_t>(link >> 2),
                          .is_app_link = (link & kAppLink) != 0,
                          .has_user = (link & kHasUser) != 0});
  }
  std::size_t at = 0;
  for (std::uint64_t i = reader.varint(); i > 0 && reader.ok(); --i) {
    plan.regions.push_back(read_region(reader, at));
  }
  if (!reader.ok() || !reader.at_end() || !is_consistent(plan)) {
    return fail(Errc::corrupt, "the tracking plan is damaged");
  }
  return plan;
}

}  // namespace postrider::track
