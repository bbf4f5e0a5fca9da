// How many descriptors this process may have, and who may use them.
//
// The kernel gives the lowest number that is free. So connections keep to the numbers below a
// bound, and those above it are left to what must not fail for want of one: a file that the
// database can't open latches it (store/store.h). Looking at the number is exact, and counts what
// libraries open too; nobody has to keep a count.
//
// Any thread.
#pragma once

#include <cstddef>

namespace postrider::net {

/// Raises the soft limit (RLIMIT_NOFILE) to the hard one. Once, at the start.
void raise_descriptor_limit();

struct DescriptorShares {
  std::size_t limit = 0;
  std::size_t accepted_below = 0;   ///< numbers that an accepted connection may have
  std::size_t connected_below = 0;  ///< numbers of our own connections: clients can't take them all
  std::size_t database_files = 0;   ///< to be kept open by the database
  std::size_t dns_sockets = 0;      ///< by the resolver, for queries by UDP
};

/// Of the limit that holds now. Between the bounds there is room for database and resolver and
/// for connections of ours; above both, for the database alone (its logs come on top of its files).
/// The resolver can wait for a socket.
DescriptorShares descriptor_shares();
DescriptorShares descriptor_shares_of(std::size_t limit);

/// Whether the lowest free number lies below `bound`, where the next socket then will be unless
/// another thread is faster. `open`: any open descriptor. Two system calls.
bool is_descriptor_free_below(std::size_t bound, int open);

}  // namespace postrider::net
