// Where the mail of a domain goes, as far as one io thread knows: by a route of the options, or as
// DNS said within the last five minutes. At 100,000 domains it begins anew.
//
// Thread: the worker's.
#pragma once

#include <chrono>
#include <string>
#include <unordered_map>

#include "delivery/destination.h"
#include "delivery/options.h"
#include "directory/directory.h"
#include "queue/waiting.h"

namespace postrider::delivery {

class DestinationCache {
 public:
  /// `directory` names the account, where routes ask for it; outlives the cache.
  explicit DestinationCache(const directory::Directory& directory) : directory_(directory) {}

  /// Null: DNS has to be asked. `options` are those of the call before, or clear() came in between.
  DestinationPtr find(const Options& options, const queue::Waiting& waiting);
  /// What DNS has just said.
  void add_found(const std::string& domain, DestinationPtr destination);
  /// The options have changed.
  void clear() { known_.clear(); }

 private:
  struct Known {
    DestinationPtr destination;
    std::chrono::steady_clock::time_point until;
  };

  void remember(const std::string& domain, Known known);

  const directory::Directory& directory_;
  std::unordered_map<std::string, Known> known_;  // by domain
};

}  // namespace postrider::delivery
