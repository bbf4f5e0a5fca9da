#include "http/link_service.h"

#include <gtest/gtest.h>

#include "awaiting.h"
#include "http/link_session.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::http {
namespace {

namespace ip = boost::asio::ip;
using namespace std::chrono_literals;

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

class RecordWithin : public testing::Test {
 protected:
  links::HitRecorder recorder(std::size_t waiting_max) {
    return links::HitRecorder(
        {.store = *store_, .events = *events_, .links = links_, .mailbox = store_.mailbox()},
        waiting_max);
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "spool"};
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  links::LinkStore links_{*store_};
};

TEST_F(RecordWithin, IsGivenUpWhereThereIsNoRoom) {
  links::HitRecorder full = recorder(0);
  EXPECT_FALSE(await(record_within(full, {}, 30ms)));
}

TEST_F(RecordWithin, TakesAtOnceWhereThereIs) {
  links::HitRecorder free = recorder(1);
  EXPECT_TRUE(await(record_within(free, {}, 0ms)));
  EXPECT_EQ(free.waiting(), 1U);
  EXPECT_FALSE(await(record_within(free, {}, 0ms)));
}

}  // namespace
}  // namespace postrider::http
