// What holds of every rewriting, whatever is rewritten.
#pragma once

#include <optional>
#include <sodium.h>
#include <string>
#include <string_view>

#include "base/text.h"
#include "support/require.h"
#include "track/plan.h"
#include "track/splice.h"
#include "track/token.h"

namespace postrider::fuzz {

inline track::LinkRules rules() {
  track::LinkRules rules;
  rules.base = "https://t.example";
  return rules;
}

inline const track::TokenKeys& keys() {
  static const track::TokenKeys keys = [] {
    require(sodium_init() >= 0, "libsodium begins");
    return *track::TokenKeys::create({{.id = 3, .key = {1, 2, 3}}});
  }();
  return keys;
}

inline std::string copy_of(const track::Plan& plan, std::string_view text) {
  const auto splice = track::Splice::prepare(plan, text);
  require(splice.has_value(), "a plan is of its text");
  const std::string copy = splice->copy_for(keys().maker(AccountId{7}, MessageId{1024}), 5);
  require(copy.size() == splice->size() && splice->example().size() == copy.size(),
          "every copy has one size");
  return copy;
}

/// A placeholder takes the pixel; what is compared with the original is where it stands by itself.
inline bool may_have_a_placeholder(std::string_view page) {
  return page.find("{{") != std::string_view::npos ||
         lower(page).find("opentag") != std::string::npos;
}

/// "https+notrack://" comes out as "https://", which a second rewriting can't tell from others.
inline bool takes_a_mark_out(const track::Plan& plan) {
  for (const track::Region& region : plan.regions) {
    for (const track::Edit& edit : region.edits) {
      if (edit.what == track::Edit::What::text && edit.text.empty()) {
        return true;
      }
    }
  }
  return false;
}

/// The copy; nothing where the text is left as it is.
template <class MakePlan>
std::optional<std::string> check_rewriting(std::string_view text, MakePlan make_plan) {
  const track::Plan plan = make_plan(text);
  const auto read = track::decode_plan(track::encode_plan(plan));
  require(read && *read == plan, "a plan is read as it was written");
  if (!plan.untouched.empty()) {
    require(plan.regions.empty(), "what is left alone is not changed");
    return std::nullopt;
  }
  std::string copy = copy_of(plan, text);
  if (plan.regions.empty()) {
    require(copy == text, "without a place to change nothing changes");
  }
  if (!takes_a_mark_out(plan) && plan.left_over == 0) {
    require(make_plan(copy).regions.empty(), "what was rewritten is not rewritten again");
  }
  return copy;
}

}  // namespace postrider::fuzz
