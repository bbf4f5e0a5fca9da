#include "net/descriptors.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <unistd.h>

namespace postrider::net {
namespace {

TEST(Descriptors, WhatIsGivenOutLeavesSomeOver) {
  for (const std::size_t limit : {256U, 1024U, 4096U, 65536U, 1U << 30}) {
    const DescriptorShares shares = descriptor_shares_of(limit);
    EXPECT_EQ(shares.limit, limit);
    EXPECT_GE(shares.accepted_below, limit / 2);
    EXPECT_LT(shares.accepted_below + shares.database_files + shares.dns_sockets,
              shares.connected_below)
        << "our own connections would find none: " << limit;
    EXPECT_LE(shares.connected_below + 2 * shares.database_files, limit) << limit;
  }
  EXPECT_EQ(descriptor_shares_of(65536).accepted_below, 64636U);
}

TEST(Descriptors, TheLowestFreeNumberTells) {
  const int file = ::open("/dev/null", O_RDONLY);
  const int next = ::dup(file);
  ::close(next);
  const auto number = static_cast<std::size_t>(next);
  EXPECT_TRUE(is_descriptor_free_below(number + 1, file));
  EXPECT_FALSE(is_descriptor_free_below(number, file));
  ::close(file);
  EXPECT_FALSE(is_descriptor_free_below(number + 1, file)) << "of nothing";
}

TEST(Descriptors, TheLimitIsRaisedToTheHardOne) {
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_NOFILE, &before), 0);
  rlimit low = before;
  low.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_NOFILE, &low), 0);
  EXPECT_EQ(descriptor_shares().limit, 100U);
  raise_descriptor_limit();
  EXPECT_EQ(descriptor_shares().limit, before.rlim_max);
  ::setrlimit(RLIMIT_NOFILE, &before);
}

}  // namespace
}  // namespace postrider::net
