#include "http/link_service.h"

#include <gtest/gtest.h>

#include "http/link_session.h"

namespace postrider::http {
namespace {

namespace ip = boost::asio::ip;

TEST(OneClick, IsAFormInEitherEncoding) {
  EXPECT_TRUE(asks_to_unsubscribe("List-Unsubscribe=One-Click"));
  EXPECT_TRUE(asks_to_unsubscribe("a=b&List-Unsubscribe=One-Click\r\n"));
  EXPECT_TRUE(
      asks_to_unsubscribe("--x\r\nContent-Disposition: form-data; "
                          "name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--x--\r\n"));
  EXPECT_FALSE(asks_to_unsubscribe(""));
  EXPECT_FALSE(asks_to_unsubscribe("List-Unsubscribe=One-Clicks"));
  EXPECT_FALSE(asks_to_unsubscribe("xList-Unsubscribe=One-Click"));
  EXPECT_FALSE(
      asks_to_unsubscribe("--x\r\nContent-Disposition: form-data; "
                          "name=\"List-Unsubscribe\"\r\n\r\nNo\r\n--x--\r\n"));
}

TEST(ClientBehindAProxy, IsTheLastOneThatIsNoProxy) {
  const std::vector<net::Network> proxies{net::parse_network("10.0.0.0/8").value()};
  const auto client = [&](const char* peer, const char* forwarded) {
    return client_of(ip::make_address(peer), forwarded, proxies).to_string();
  };
  EXPECT_EQ(client("10.0.0.1", "192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(client("10.0.0.1", "203.0.113.9, 192.0.2.1, 10.0.0.2"), "192.0.2.1");
  EXPECT_EQ(client("192.0.2.7", "192.0.2.1"), "192.0.2.7") << "not a proxy: not believed";
  EXPECT_EQ(client("10.0.0.1", ""), "10.0.0.1");
  EXPECT_EQ(client("10.0.0.1", "192.0.2.1, x"), "10.0.0.1")
      << "malformed: nothing behind it counts";
  EXPECT_EQ(client("10.0.0.1", "2001:db8::1"), "2001:db8::1");
}

}  // namespace
}  // namespace postrider::http
