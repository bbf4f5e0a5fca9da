// From the words of `postrider load` to a load.
#include "cli/load_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "net/network.h"

namespace postrider::cli {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;

LoadWords words() {
  LoadWords words;
  words.to = "127.0.0.1:2525";
  words.messages = 5;
  return words;
}

TEST(LoadOptions, AreThoseOfTheWords) {
  LoadWords wanted = words();
  wanted.size = "50KiB";
  wanted.seconds = 1.5;
  wanted.tls = "implicit";
  wanted.no_pipelining = true;
  const auto options = load_options(wanted);
  ASSERT_TRUE(options) << options.error().text();
  EXPECT_EQ(net::to_string(options->target), "127.0.0.1:2525");
  EXPECT_EQ(options->host, "127.0.0.1");
  EXPECT_EQ(options->size_bytes, 51'200U);
  EXPECT_EQ(options->longest, 1500ms);
  EXPECT_EQ(options->tls, load::Tls::implicit);
  EXPECT_FALSE(options->pipelining);
  EXPECT_EQ(options->domains.count(), 1000U);
}

TEST(LoadOptions, NameOfAHostIsLookedUp) {
  LoadWords wanted = words();
  wanted.to = "localhost:2525";
  const auto options = load_options(wanted);
  ASSERT_TRUE(options) << options.error().text();
  EXPECT_TRUE(options->target.address().is_loopback());
  EXPECT_EQ(options->host, "localhost");
}

TEST(LoadOptions, HaveNoMoreThreadsThanConnections) {
  LoadWords wanted = words();
  wanted.connections = 2;
  wanted.threads = 4;
  EXPECT_EQ(load_options(wanted)->threads, 2U);
}

TEST(LoadOptions, NumberThatWouldNotFitAnIdIsRefused) {
  LoadWords wanted = words();
  wanted.messages = 10'000'001;
  const auto options = load_options(wanted);
  ASSERT_FALSE(options);
  EXPECT_THAT(options.error().text(), HasSubstr("--messages 10000001"));
}

TEST(LoadOptions, TargetsThatAreNone) {
  for (const char* to : {"", "127.0.0.1", ":25", "127.0.0.1:", "127.0.0.1:smtp", "127.0.0.1:0x19",
                         "::1:25", "127.0.0.1:123456"}) {
    LoadWords wanted = words();
    wanted.to = to;
    const auto options = load_options(wanted);
    ASSERT_FALSE(options) << to;
    EXPECT_EQ(options.error().code(), Errc::invalid) << to;
    EXPECT_THAT(options.error().text(), HasSubstr("--to")) << to;
  }
}

}  // namespace
}  // namespace postrider::cli
