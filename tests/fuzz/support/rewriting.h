// What holds of every rewriting, whatever is rewritten.
#pragma once

#include <cstdint>
#include <ctime>
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

/// 64 KiB may take 50 ms; with what the sanitizers cost.
template <class Work>
auto in_time(std::string_view text, Work work) {
  constexpr std::size_t kBytes = 64 * 1024;
  constexpr std::int64_t kMillisecondsMost = std::int64_t{50} * 20;
  const auto milliseconds = [] {
    timespec now{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
    return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
  };
  const std::int64_t begin = milliseconds();
  auto done = work();
  require(text.size() > kBytes || milliseconds() - begin < kMillisecondsMost, "it takes no time");
  return done;
}

/// The copy; nothing where the text is left as it is.
template <class MakePlan>
std::optional<std::string> check_rewriting(std::string_view text, MakePlan make_plan) {
  const track::Plan plan = in_time(text, [&] { return make_plan(text); });
  const auto read = track::decode_plan(track::encode_plan(plan));
  require(read && *read == plan, "a plan is read as it was written");
  if (!plan.untouched.empty()) {
    require(plan.regions.empty(), "what is left alone is not changed");
    return std::nullopt;
  }
  std::string copy = in_time(text, [&] { return copy_of(plan, text); });
  if (plan.regions.empty()) {
    require(copy == text, "without a place to change nothing changes");
  }
  if (!takes_a_mark_out(plan) && plan.left_over == 0) {
    require(make_plan(copy).regions.empty(), "what was rewritten is not rewritten again");
  }
  return copy;
}

}  // namespace postrider::fuzz
