#include "webhook/http_client.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>

#include <boost/asio/read.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/streambuf.hpp>
#include <boost/asio/write.hpp>

#include "dns/awaiting.h"
#include "support/fake_resolver.h"

namespace postrider::webhook {
namespace {

namespace asio = boost::asio;
using asio::ip::make_address;
using asio::ip::tcp;
using dns::await;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// Answers one connection after the other: each request with the next of `answers`.
class Peer {
 public:
  explicit Peer(std::vector<std::string> answers, bool closes = false)
      : acceptor_(io_, tcp::endpoint(asio::ip::address_v4::loopback(), 0)),
        thread_([this, answers = std::move(answers), closes] { serve(answers, closes); }) {}
  ~Peer() {
    if (thread_.joinable()) {
      thread_.join();
    }
  }
  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }
  int connections() const { return connections_; }
  /// Once it has served: somebody hung up on an answer.
  bool is_cut_off_at_last() {
    thread_.join();
    return was_cut_off_;
  }

 private:
  void serve(const std::vector<std::string>& answers, bool closes) {
    std::size_t next = 0;
    while (next < answers.size()) {
      tcp::socket socket = acceptor_.accept();
      ++connections_;
      asio::streambuf buffer;
      boost::system::error_code ec;
      while (next < answers.size()) {
        asio::read_until(socket, buffer, "\r\n\r\n", ec);
        if (ec) {
          break;
        }
        buffer.consume(buffer.size());
        if (answers[next].empty()) {  // says nothing until the client has gone
          asio::read(socket, buffer, ec);
          ++next;
          break;
        }
        asio::write(socket, asio::buffer(answers[next++]), ec);
        was_cut_off_ = was_cut_off_ || ec;
        if (closes || ec) {
          break;
        }
      }
    }
  }

  asio::io_context io_;
  tcp::acceptor acceptor_;
  std::atomic<int> connections_ = 0;
  std::atomic<bool> was_cut_off_ = false;
  std::thread thread_;
};

class HttpClientTest : public testing::Test {
 protected:
  Result<HttpAnswer> post(const std::string& url, std::chrono::milliseconds limit = 5s) {
    return await(io, client.post(parse_url(url).value(), "", "", allowed, limit));
  }
  std::string url(const Peer& peer, const std::string& host = "127.0.0.1") {
    return "http://" + host + ":" + std::to_string(peer.port()) + "/";
  }

  asio::io_context io;
  test::FakeResolver resolver;
  std::vector<net::Network> allowed{*net::parse_network("127.0.0.0/8")};
  HttpClient client{resolver, net::TlsClient::create(true).value()};
};

constexpr const char* kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

TEST_F(HttpClientTest, ReadsAnswersOfEveryLength) {
  const Peer peer(
      {kOk, "HTTP/1.1 204 No Content\r\n\r\n",
       "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n1\r\nc\r\n0\r\n\r\n",
       "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 201 Created\r\nContent-Length: "
       "0\r\n\r\n",
       kOk});
  EXPECT_EQ(post(url(peer)).value().body, "ok");
  EXPECT_EQ(post(url(peer)).value().status, 204U);
  EXPECT_EQ(post(url(peer)).value().body, "abc");
  EXPECT_EQ(post(url(peer)).value().status, 201U);
  EXPECT_EQ(post(url(peer)).value().status, 200U);
  EXPECT_EQ(peer.connections(), 1);
}

TEST_F(HttpClientTest, ReadsToTheEndWhereThereIsNoLength) {
  const Peer peer({"HTTP/1.1 200 OK\r\n\r\nall of it"}, true);
  EXPECT_EQ(post(url(peer)).value().body, "all of it");
}

TEST_F(HttpClientTest, TakesNoMoreThan64KiB) {
  const Peer peer(
      {"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n" + std::string(1000000, 'x')}, true);
  const HttpAnswer answer = post(url(peer)).value();
  EXPECT_EQ(answer.status, 200U);
  EXPECT_LE(answer.body.size(), 64U << 10U);
}

TEST_F(HttpClientTest, RefusesAnEndlessHead) {
  const Peer peer({"HTTP/1.1 200 OK\r\nX: " + std::string(100'000, 'x')}, true);
  EXPECT_FALSE(post(url(peer)));
}

// Beast's limits leave them out: it would wait for their end, whatever that costs.
TEST_F(HttpClientTest, ReadsNoEndlessExtensionOrTrailer) {
  for (const char* begin : {"1;", "0\r\nX: "}) {
    const std::string head = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    Peer peer({head + begin + std::string(64U << 20U, 'x')});
    EXPECT_EQ(post(url(peer)).value().status, 200U) << "the answer is there";
    EXPECT_TRUE(peer.is_cut_off_at_last()) << begin;
  }
}

TEST_F(HttpClientTest, OpensAnotherConnectionWhereTheKeptOneWasClosed) {
  const Peer peer({kOk, kOk}, true);
  EXPECT_TRUE(post(url(peer)));
  EXPECT_TRUE(post(url(peer)));
  EXPECT_EQ(peer.connections(), 2);
}

TEST_F(HttpClientTest, SilenceIsATimeout) {
  const Peer peer({""});
  const auto answer = post(url(peer), 50ms);
  ASSERT_FALSE(answer);
  EXPECT_EQ(answer.error().code(), Errc::timeout);
  client.close_idle();
}

TEST_F(HttpClientTest, ANameThatLeadsInsideIsRefused) {
  allowed.clear();
  for (const char* inside : {"127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fd00:ec2::254",
                             "::ffff:10.0.0.1", "64:ff9b::a00:1"}) {
    resolver.hosts["inside.example"] = {make_address(inside)};
    const auto answer = post("http://inside.example:1/");
    ASSERT_FALSE(answer) << inside;
    EXPECT_THAT(answer.error().text(), HasSubstr("is not a public address")) << inside;
  }
}

// The first look-up is good and the second one leads inside: each connection is judged by its own.
TEST_F(HttpClientTest, ANameThatChangesBetweenLookUpsIsJudgedEachTime) {
  const Peer peer({kOk}, true);
  resolver.hosts["turns.example"] = {make_address("127.0.0.1")};
  EXPECT_TRUE(post(url(peer, "turns.example")));
  resolver.hosts["turns.example"] = {make_address("10.0.0.1"), make_address("::1")};
  const auto answer = post(url(peer, "turns.example"));
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text(), HasSubstr("is not a public address"));
}

// One of its addresses is refused: it is the other one that is connected to.
TEST_F(HttpClientTest, OfSeveralAddressesOnlyThoseThatPassAreUsed) {
  const Peer peer({kOk}, true);
  resolver.hosts["both.example"] = {make_address("10.0.0.1"), make_address("127.0.0.1")};
  EXPECT_TRUE(post(url(peer, "both.example")));
}

TEST_F(HttpClientTest, ANameThatIsNotThereSaysSo) {
  const auto answer = post("http://nobody.example/");
  ASSERT_FALSE(answer);
  EXPECT_THAT(answer.error().text(), HasSubstr("looking up nobody.example"));
}

}  // namespace
}  // namespace postrider::webhook
