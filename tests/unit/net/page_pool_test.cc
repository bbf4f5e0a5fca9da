#include "net/page_pool.h"

#include <algorithm>
#include <cstdint>
#include <gtest/gtest.h>
#include <sys/mman.h>
#include <thread>
#include <vector>

namespace postrider::net {
namespace {

constexpr std::size_t kMany = 1000;

/// How many of these pages the kernel has memory behind.
std::size_t resident(const std::vector<char*>& pages) {
  std::size_t count = 0;
  for (char* const page : pages) {
    unsigned char is_there = 0;
    EXPECT_EQ(::mincore(page, kPageBytes, &is_there), 0);
    count += is_there & 1;
  }
  return count;
}

TEST(PagePool, WhatIsGivenBackIsTheKernelsButForAFew) {
#if __has_feature(address_sanitizer)
  GTEST_SKIP() << "no pool under the address sanitizer";
#endif
  std::vector<Buffer> buffers;
  std::vector<char*> pages;
  for (std::size_t i = 0; i < kMany; ++i) {
    buffers.push_back(take_page());
    pages.push_back(buffers.back().get());
    ASSERT_EQ(reinterpret_cast<std::uintptr_t>(pages.back()) % kPageBytes, 0U);
    std::fill_n(pages.back(), kPageBytes, static_cast<char>(i));
  }
  EXPECT_EQ(resident(pages), kMany);
  for (std::size_t i = 0; i < kMany; ++i) {
    ASSERT_EQ(pages[i][0], static_cast<char>(i)) << "each page is its owner's";
    ASSERT_EQ(pages[i][kPageBytes - 1], static_cast<char>(i));
  }
  buffers.clear();
  EXPECT_LT(resident(pages), kMany / 10);
}

TEST(PagePool, PagesMayBeGivenBackByAnotherThread) {
  std::vector<Buffer> buffers;
  for (std::size_t i = 0; i < kMany; ++i) {
    buffers.push_back(take_page());
  }
  std::thread([&] {
    buffers.clear();
    const Buffer own = take_page();
    own[0] = 'x';
  }).join();
  const Buffer mine = take_page();
  mine[kPageBytes - 1] = 'y';
}

}  // namespace
}  // namespace postrider::net
