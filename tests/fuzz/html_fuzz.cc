// Pages from anywhere: what tracking changes can be spliced, is kept without loss, and is nothing
// where a page has been rewritten already; its text stays.
#include "support/rewriting.h"
#include "track/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const auto plan = [](std::string_view text) {
    return postrider::track::plan_page(text, postrider::fuzz::rules());
  };
  postrider::fuzz::check_rewriting(page, plan);
  return 0;
}
