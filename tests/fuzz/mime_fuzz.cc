// Messages from anywhere: the same of their HTML and text parts (see html_fuzz.cc); taken apart
// again, a copy has the same parts, those that are no text byte for byte; and no line passes what
// lines may have, unless it did before.
#include <algorithm>

#include "mail/decoded_body.h"
#include "mail/header.h"
#include "mail/mime_parts.h"
#include "support/rewriting.h"
#include "support/same_page.h"
#include "track/plan.h"

namespace {

using namespace postrider;

constexpr std::size_t kLongest = 998;  // RFC 5322, 2.1.1

std::string_view body_of(const mail::MimePart& part, std::string_view message) {
  return message.substr(part.body_begin, part.body_end - part.body_begin);
}

std::string decoded(const mail::MimePart& part, std::string_view message) {
  const auto encoding = mail::read_encoding(part.encoding);
  fuzz::require(encoding.has_value(), "a changed part has an encoding");
  const auto body = mail::DecodedBody::decode(body_of(part, message), *encoding);
  fuzz::require(body.has_value(), "a changed part can be decoded");
  return std::string(body->text());
}

void compare_parts(std::string_view message, std::string_view copy, const track::Plan& plan) {
  const auto before = mail::find_parts(message);
  const auto after = mail::find_parts(copy);
  fuzz::require(before && after && before->size() == after->size(), "the same parts");
  fuzz::SamePage same(plan.base, fuzz::keys(), 0);
  for (std::size_t i = 0; i < before->size(); ++i) {
    const mail::MimePart& was = (*before)[i];
    const mail::MimePart& is = (*after)[i];
    fuzz::require(was.media.type == is.media.type && was.media.subtype == is.media.subtype,
                  "the same type");
    if (body_of(was, message) == body_of(is, copy)) {
      continue;
    }
    fuzz::require(was.media.type == "text" && was.media.subtype == "html" && !was.is_attachment,
                  "only pages change");
    const std::string page = decoded(was, message);
    const track::Charset charset = track::Charset::of(was.media.charset, page);
    if (charset.layout() != track::Charset::Layout::ascii || fuzz::may_have_a_placeholder(page)) {
      return;
    }
    same.compare(page, decoded(is, copy));
  }
  fuzz::require(same.next_link() == plan.links.size(), "every link of the plan stands in a page");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view message(reinterpret_cast<const char*>(data), size);
  const auto plan = [](std::string_view text) {
    track::LinkRules rules = fuzz::rules();
    rules.plain_text = true;
    return track::plan_message(text, rules);
  };
  if (const auto copy = fuzz::check_rewriting(message, plan)) {
    fuzz::require(mail::inspect(*copy).longest_line <=
                      std::max(kLongest, mail::inspect(message).longest_line),
                  "no line grows beyond what lines may have");
  }
  const track::Plan how = track::plan_message(message, fuzz::rules());
  if (how.untouched.empty() && !fuzz::takes_a_mark_out(how)) {
    compare_parts(message, fuzz::copy_of(how, message), how);
  }
  return 0;
}
