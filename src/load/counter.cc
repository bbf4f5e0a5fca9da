#include "load/counter.h"

#include <limits>

namespace postrider::load {

std::optional<std::uint32_t> Counter::count(LoadId id) {
  auto run = runs_.find(id.run);
  Page* page = nullptr;
  if (run != runs_.end()) {
    const auto found = run->second.pages.find(id.number / kPageNumbers);
    page = found == run->second.pages.end() ? nullptr : found->second.get();
  }
  if (page == nullptr) {
    if (pages_ == pages_max_) {
      return std::nullopt;
    }
    ++pages_;
    run = runs_.try_emplace(id.run).first;
    run->second.figures.run = id.run;
    auto& made = run->second.pages[id.number / kPageNumbers];
    made = std::make_unique<Page>();
    page = made.get();
  }
  std::uint8_t& times = (*page)[id.number % kPageNumbers];
  const std::uint32_t before = times;
  ++(before == 0 ? run->second.figures.recipients : run->second.figures.copies);
  if (times < std::numeric_limits<std::uint8_t>::max()) {
    ++times;
  }
  return before;
}

std::uint32_t Counter::seen(LoadId id) const {
  const auto run = runs_.find(id.run);
  if (run == runs_.end()) {
    return 0;
  }
  const auto page = run->second.pages.find(id.number / kPageNumbers);
  return page == run->second.pages.end() ? 0 : (*page->second)[id.number % kPageNumbers];
}

std::vector<Counter::Run> Counter::runs() const {
  std::vector<Run> runs;
  for (const auto& [run, counts] : runs_) {
    runs.push_back(counts.figures);
  }
  return runs;
}

}  // namespace postrider::load
