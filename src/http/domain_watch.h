// Looks at all verified domains once a day, as `domain check` does, and tells by an `operational`
// event when what was right no longer is ("domain check failed: ..."), and when it is again.
//
// Told is a change only. A domain that DNS has proven once counts as right before the first look
// after a start; of one that was taken on an operator's word the first look tells nothing. What DNS
// gave no answer about stands as it stood. Thread: io thread 0.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "directory/directory.h"
#include "http/control_api.h"
#include "http/domain_check.h"

namespace postrider::http {

/// What of it makes a domain fail, for people: "dkim of pr1._domainkey.example.org is missing";
/// empty: nothing. Recommendations don't. Nothing, if the look is not to be judged by: DNS gave no
/// answer.
std::optional<std::string> what_fails(const std::vector<Finding>& findings);

class DomainWatch {
 public:
  /// With a relay; outlives it.
  explicit DomainWatch(const ControlParts& parts) : parts_(parts) {}

  /// Until it is cancelled.
  boost::asio::awaitable<void> run();

 private:
  boost::asio::awaitable<void> look();
  void take(const directory::Domain& domain, std::string fails);

  const ControlParts& parts_;
  std::map<std::string, std::string> known_;  ///< by domain: what fails
};

}  // namespace postrider::http
