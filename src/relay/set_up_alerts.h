// When to say that an account's set-up has to be mended: once an hour for each account, sending
// domain and category, however many messages a provider refuses for it. Any thread.
#pragma once

#include <mutex>
#include <string>
#include <unordered_map>

#include "base/clock.h"
#include "base/ids.h"
#include "bounce/taxonomy.h"

namespace postrider::relay {

class SetUpAlerts {
 public:
  /// True: say it now; it will not be true again for an hour.
  bool take(AccountId account, const std::string& domain, bounce::Category category, Time now);

 private:
  std::mutex mutex_;
  std::unordered_map<std::string, Time> said_;
};

}  // namespace postrider::relay
