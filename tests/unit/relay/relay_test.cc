// A whole relay, in this process.
#include "relay/relay.h"

#include <atomic>
#include <gtest/gtest.h>
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "relay/session_letters.h"
#include "support/fresh_folder.h"

namespace postrider::relay {
namespace {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;
using std::chrono::milliseconds;
using std::chrono::seconds;

const Time kNow{std::chrono::seconds(1'800'000'000)};

/// In the middle of a message, of which a byte comes now and then.
class DrippingClient {
 public:
  explicit DrippingClient(const Endpoint& server) {
    socket_.connect(server);
    expect("220");
    for (const char* line : {"EHLO c.example", "MAIL FROM:<>", "RCPT TO:<a@b.example>"}) {
      asio::write(socket_, asio::buffer(std::string(line) + "\r\n"));
      expect("250");
    }
    asio::write(socket_, asio::buffer(std::string("DATA\r\n")));
    expect("354");
  }

  /// False once the server has gone.
  bool drip() {
    boost::system::error_code gone;
    asio::write(socket_, asio::buffer("x", 1), gone);
    return !gone;
  }

 private:
  void expect(const std::string& code) {
    asio::read_until(socket_, seen_, "\r\n");
    const std::string reply(asio::buffers_begin(seen_.data()), asio::buffers_end(seen_.data()));
    EXPECT_EQ(reply.substr(0, 3), code);
    seen_.consume(seen_.size());
  }

  asio::io_context io_;
  tcp::socket socket_{io_};
  asio::streambuf seen_;
};

TEST(SessionLetters, DifferForEveryThread) {
  EXPECT_EQ(session_letters(0), "a");
  EXPECT_EQ(session_letters(25), "z");
  EXPECT_EQ(session_letters(26), "aa");
  std::set<std::string> all;
  for (std::size_t i = 0; i < 256; ++i) {
    all.insert(session_letters(i));
  }
  EXPECT_EQ(all.size(), 256U);
}

TEST(Relay, StopsWithinItsLimitWhateverClientsDo) {
  test::FreshFolder folder;
  Settings settings;
  settings.data = folder / "data";
  settings.hostname = "relay.test";
  settings.return_path_domain = "relay.test";
  settings.threads = 2;
  settings.log.level = log::Level::error;
  settings.spool.free_bytes_min = 1 << 20;
  ListenerSettings listener;
  listener.endpoints = {{asio::ip::address_v4::loopback(), 0}};
  listener.trusted = {{.network = *net::parse_network("127.0.0.0/8"), .account = "shop"}};
  settings.listeners = {{"smtp", listener}};
  auto relay = Relay::open(settings, {});
  ASSERT_TRUE(relay) << relay.error().text();
  ASSERT_TRUE((*relay)->directory().add_account("shop", kNow));
  ASSERT_TRUE((*relay)->start());

  std::vector<std::unique_ptr<DrippingClient>> clients;  // the kernel spreads them over the threads
  for (int i = 0; i < 12; ++i) {
    clients.push_back(
        std::make_unique<DrippingClient>((*relay)->listeners().listening()[0].endpoint));
  }
  std::atomic<bool> is_over = false;
  std::thread dripping([&] {
    while (!is_over) {
      for (const auto& client : clients) {
        client->drip();
      }
      std::this_thread::yield();
    }
  });
  const auto begun = std::chrono::steady_clock::now();
  (*relay)->stop(seconds(1));
  EXPECT_LT(std::chrono::steady_clock::now() - begun, seconds(3));
  is_over = true;
  dripping.join();
}

}  // namespace
}  // namespace postrider::relay
