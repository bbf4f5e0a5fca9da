#include "privacy/work.h"

#include <utility>

#include "store/blocking_commit.h"

namespace postrider::privacy {

Result<> Work::commit(store::Step step) const {
  if (step.empty()) {
    return {};
  }
  return store::commit_and_wait(relay.store(), relay.threads().mailbox(0), std::move(step),
                                store::Urgency::promise, [this] { return relay.is_stopping(); });
}

}  // namespace postrider::privacy
