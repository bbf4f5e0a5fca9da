// Pages from anywhere: what tracking changes can be spliced, is kept without loss, and is nothing
// where a page has been rewritten already; read again, the page has the same markup, text and
// links.
#include "support/rewriting.h"
#include "support/same_page.h"
#include "track/plan.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace postrider;
  const std::string_view page(reinterpret_cast<const char*>(data), size);
  const auto plan = [](std::string_view text) { return track::plan_page(text, fuzz::rules()); };
  const auto copy = fuzz::check_rewriting(page, plan);
  const track::Plan how = plan(page);
  const bool is_read_as_it_is =
      track::Charset::of({}, page).layout() == track::Charset::Layout::ascii;
  if (copy && is_read_as_it_is && !how.regions.empty() &&
      how.regions.front().units == track::Region::Units::bytes && !fuzz::takes_a_mark_out(how) &&
      !fuzz::may_have_a_placeholder(page)) {
    fuzz::SamePage same(how.base, fuzz::keys(), 0);
    same.compare(page, *copy);
    fuzz::require(same.next_link() == how.links.size(),
                  "every link of the plan stands in the page");
  }
  return 0;
}
