#include "relay/set_up_alerts.h"

#include <chrono>
#include <cstddef>

namespace postrider::relay {
namespace {

constexpr std::chrono::hours kQuiet{1};
constexpr std::size_t kKept = 10'000;

}  // namespace

bool SetUpAlerts::take(AccountId account, const std::string& domain, bounce::Category category,
                       Time now) {
  const std::string name =
      to_string(account) + " " + domain + " " + std::string(bounce::to_string(category));
  const std::lock_guard lock(mutex_);
  if (said_.size() >= kKept) {
    said_.clear();
  }
  const auto [said, is_new] = said_.try_emplace(name, now);
  if (!is_new && now - said->second < kQuiet && now >= said->second) {
    return false;
  }
  said->second = now;
  return true;
}

}  // namespace postrider::relay
