#include "bounce/unknown_wordings.h"

#include <algorithm>

#include "base/text.h"
#include "bounce/mask.h"
#include "bounce/normal_form.h"

namespace postrider::bounce {
namespace {

// Two refusals that begin alike are by one wording: what follows is what they quote.
constexpr std::size_t kMaskLooked = 1000;

void note(std::set<std::string>& names, std::string_view name) {
  if (!name.empty() && names.size() < UnknownWordings::kNamesMost) {
    names.emplace(name);
  }
}

}  // namespace

void UnknownWordings::add(const Diagnostic& diagnostic, const Finding& finding,
                          std::string_view sender) {
  std::string normal;
  normalise(diagnostic.text, kMaskLooked, finding.code, finding.enhanced, normal);
  std::string masked = mask(normal);
  auto found = wordings_.find(masked);
  if (found == wordings_.end()) {
    if (wordings_.size() >= kWordingsMost) {
      ++left_out_;
      return;
    }
    found = wordings_.emplace(masked, Wording{}).first;
    Wording& fresh = found->second;
    fresh.mask = std::move(masked);
    fresh.code = finding.code;
    fresh.enhanced = finding.enhanced;
    fresh.rule = finding.verdict.rule;
  }
  Wording& wording = found->second;
  ++wording.count;
  note(wording.senders, sender);
  note(wording.hosts, diagnostic.mx);
  if (wording.samples.size() < kSamplesMost) {
    std::string sample = printable(diagnostic.text);
    if (std::ranges::find(wording.samples, sample) == wording.samples.end()) {
      wording.samples.push_back(std::move(sample));
    }
  }
}

std::vector<UnknownWordings::Wording> UnknownWordings::take() {
  std::vector<Wording> all;
  for (auto& [key, wording] : wordings_) {
    all.push_back(std::move(wording));
  }
  wordings_.clear();
  std::ranges::sort(all, [](const Wording& one, const Wording& other) {
    return one.count != other.count ? one.count > other.count : one.mask < other.mask;
  });
  return all;
}

}  // namespace postrider::bounce
