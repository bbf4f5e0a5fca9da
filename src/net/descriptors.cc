#include "net/descriptors.h"

#include <algorithm>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace postrider::net {
namespace {

/// 18,000 idle and 1,000 busy sessions fit into the 20,000 descriptors that are a common hard
/// limit.
constexpr std::size_t kReserve = 900;

}  // namespace

void raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) == 0 && limit.rlim_cur < limit.rlim_max) {
    limit.rlim_cur = limit.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &limit);  // refused: we live with what there is
  }
}

DescriptorShares descriptor_shares() {
  rlimit limit{};
  return descriptor_shares_of(
      ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<std::size_t>(limit.rlim_cur) : 1024);
}

DescriptorShares descriptor_shares_of(std::size_t limit) {
  const std::size_t reserve = std::min(kReserve, limit / 2);
  return {.limit = limit,
          .accepted_below = limit - reserve,
          .connected_below = limit - reserve / 8 * 3,
          .database_files = std::max<std::size_t>(reserve / 8, 20),
          .dns_sockets = std::max<std::size_t>(reserve / 4, 16)};
}

bool is_descriptor_free_below(std::size_t bound, int open) {
  const int free = ::fcntl(open, F_DUPFD_CLOEXEC, 0);
  if (free < 0) {
    return false;
  }
  ::close(free);
  return static_cast<std::size_t>(free) < bound;
}

}  // namespace postrider::net
