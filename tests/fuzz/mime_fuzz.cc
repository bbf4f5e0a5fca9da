// Messages from anywhere: the same of their HTML and text parts (see html_fuzz.cc), and no line of
// a copy passes what lines may have, unless it did before.
#include <algorithm>

#include "mail/header.h"
#include "support/rewriting.h"
#include "track/plan.h"

namespace {

constexpr std::size_t kLongest = 998;  // RFC 5322, 2.1.1

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider;
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
  return 0;
}
