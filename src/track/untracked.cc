#include "track/untracked.h"

#include <utility>

namespace postrider::track {
namespace {

/// Nothing: bytes stay as they are.
std::optional<Edit> without_token(const Edit& edit) {
  switch (edit.what) {
    case Edit::What::click:
    case Edit::What::app_click:
      return std::nullopt;
    case Edit::What::pixel:
      if (edit.begin == edit.end) {
        return std::nullopt;
      }
      return Edit{
          .begin = edit.begin, .end = edit.end, .what = Edit::What::text, .link = 0, .text = {}};
    case Edit::What::text:
      return edit;
  }
  std::unreachable();
}

}  // namespace

Plan untracked(const Plan& plan) {
  Plan reduced;
  reduced.base = plan.base;
  for (const Region& region : plan.regions) {
    Region kept = region;
    kept.edits.clear();
    for (const Edit& edit : region.edits) {
      if (auto one = without_token(edit)) {
        kept.edits.push_back(*std::move(one));
      }
    }
    if (!kept.edits.empty()) {
      reduced.regions.push_back(std::move(kept));
    }
  }
  return reduced;
}

Result<std::shared_ptr<const Splice>> untracked_splice(const Plan& plan, std::string_view message) {
  const Plan reduced = untracked(plan);
  if (reduced.regions.empty()) {
    return std::shared_ptr<const Splice>();
  }
  TRY(Splice splice, Splice::prepare(reduced, message));
  return std::make_shared<const Splice>(std::move(splice));
}

}  // namespace postrider::track
