#include "http/server.h"

#include <atomic>
#include <chrono>
#include <filesystem>
#include <future>
#include <gtest/gtest.h>
#include <list>
#include <sys/stat.h>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/use_future.hpp>

#include "http/answer.h"
#include "raw_client.h"
#include "support/fresh_folder.h"

namespace postrider::http {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using Steady = std::chrono::steady_clock;

std::atomic<int> streams_ended = 0;

/// Counts for ever, as fast as the client takes it or every few milliseconds.
awaitable<void> count(Send send) {
  asio::steady_timer timer(co_await asio::this_coro::executor);
  for (int i = 0;; ++i) {
    const bool is_there = co_await send(i < 3 ? std::to_string(i) + "\n" : "");
    if (!is_there) {
      ++streams_ended;
      co_return;
    }
    timer.expires_after(std::chrono::milliseconds(5));
    co_await timer.async_wait(asio::use_awaitable);
  }
}

awaitable<Response> answer(Request request) {
  if (request.path == "/throws") {
    throw std::runtime_error("out of order");
  }
  if (request.path == "/count") {
    Response response;
    response.stream = count;
    co_return response;
  }
  if (request.path == "/late") {
    asio::steady_timer timer(co_await asio::this_coro::executor, std::chrono::milliseconds(100));
    co_await timer.async_wait(asio::use_awaitable);
  }
  Response response;
  response.content_type = "text/plain";
  response.body = request.method + " " + request.path + " " + request.body;
  co_return response;
}

class ServerTest : public testing::Test {
 protected:
  ServerTest() : work_(asio::make_work_guard(io_)), thread_([this] { io_.run(); }) {}
  ~ServerTest() override {
    if (server_) {
      stop();
    }
    work_.reset();
    thread_.join();
  }

  RawClient client() {
    on_thread([this]() -> awaitable<void> {
      auto server =
          Server::listen(io_.get_executor(), {asio::ip::address_v4::loopback(), 0}, answer);
      server_ = *std::move(server);
      co_return;
    });
    return RawClient(server_->endpoint());
  }

  void stop() {
    on_thread([this]() -> awaitable<void> { co_await server_->stop(); });
    server_.reset();
  }

  /// What the server had to do until now has been done.
  void settle() {
    on_thread([]() -> awaitable<void> { co_return; });
  }

  void on_thread(std::function<awaitable<void>()> what) {
    asio::co_spawn(io_, std::move(what), asio::use_future).get();
  }

  asio::io_context io_;
  asio::executor_work_guard<asio::io_context::executor_type> work_;
  std::thread thread_;
  std::unique_ptr<Server> server_;
};

TEST_F(ServerTest, AnswersOneRequestAfterTheOtherOnAConnection) {
  RawClient client = this->client();
  client.send(
      "GET /a%20b HTTP/1.1\r\nHost: x\r\n\r\nPOST /c HTTP/1.1\r\nHost: x\r\n"
      "Content-Length: 4\r\n\r\nbody");
  const std::string first = client.read_to("GET /a b ");
  EXPECT_TRUE(first.starts_with("HTTP/1.1 200 OK\r\n")) << first;
  EXPECT_NE(first.find("Content-Type: text/plain\r\n"), std::string::npos) << first;
  EXPECT_TRUE(client.read_to("POST /c body").starts_with("HTTP/1.1 200 OK\r\n"));
}

TEST_F(ServerTest, ConnectionCloseIsObeyed) {
  RawClient client = this->client();
  client.send("GET / HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_NE(client.read_all().find("Connection: close"), std::string::npos);
}

TEST_F(ServerTest, HeadHasTheHeaderOfGetAndNoBody) {
  RawClient client = this->client();
  client.send("HEAD /x HTTP/1.1\r\nConnection: close\r\n\r\n");
  const std::string said = client.read_all();
  EXPECT_NE(said.find("Content-Length: 7\r\n"), std::string::npos) << said;
  EXPECT_TRUE(said.ends_with("\r\n\r\n")) << said;
}

TEST_F(ServerTest, AClientThatExpects100IsToldToContinue) {
  RawClient client = this->client();
  client.send("POST /c HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n");
  EXPECT_EQ(client.read_to("\r\n\r\n"), "HTTP/1.1 100 Continue\r\n\r\n");
  client.send("body");
  client.read_to("POST /c body");
}

TEST_F(ServerTest, AnExceptionIsA500AndTheServerLives) {
  RawClient client = this->client();
  client.send("GET /throws HTTP/1.1\r\n\r\n");
  EXPECT_TRUE(client.read_to("\"internal\"").starts_with("HTTP/1.1 500 "));
  client.read_to("\n");
  client.send("GET /after HTTP/1.1\r\n\r\n");
  client.read_to("GET /after ");
}

struct Refused {
  const char* name;
  std::string request;
  const char* status;
};
void PrintTo(const Refused& refused, std::ostream* out) {
  *out << refused.name;
}

class ServerRefuses : public ServerTest, public testing::WithParamInterface<Refused> {};

TEST_P(ServerRefuses, WithAStatusAndAClosedConnection) {
  RawClient client = this->client();
  client.send(GetParam().request);
  const std::string said = client.read_all();
  EXPECT_TRUE(said.starts_with(std::string("HTTP/1.1 ") + GetParam().status)) << said;
  EXPECT_NE(said.find("\"error\""), std::string::npos) << said;
}

INSTANTIATE_TEST_SUITE_P(
    All, ServerRefuses,
    testing::Values(
        Refused{"HeaderTooLarge", "GET / HTTP/1.1\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n",
                "431"},
        Refused{"BodyTooLarge",
                "POST / HTTP/1.1\r\nContent-Length: 1048577\r\n\r\n" + std::string(1048577, 'x'),
                "413"},
        Refused{
            "ExtensionWithoutEnd",
            "POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1;" + std::string(300'000, 'x'),
            "400"},
        Refused{"NoHttp", "EHLO client.example\r\n\r\n", "400"},
        Refused{"NoNumber", "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "400"},
        Refused{
            "TwoLengths",
            "POST / HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
            "400"}),
    [](const auto& row) { return std::string(row.param.name); });

TEST_F(ServerTest, ARefusedClientMayFinishItsBody) {
  RawClient client = this->client();
  client.send("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n");
  client.send("180000\r\n");
  client.read_to("1 MiB\"}}\n");
  for (int i = 0; i < 15; ++i) {
    EXPECT_TRUE(client.send(std::string(100'000, 'x'))) << i;
  }
}

TEST_F(ServerTest, AStreamComesInChunksAndEndsWhenTheServerStops) {
  RawClient client = this->client();
  client.send("GET /count HTTP/1.1\r\n\r\n");
  EXPECT_NE(client.read_to("\r\n\r\n").find("Transfer-Encoding: chunked"), std::string::npos);
  EXPECT_EQ(client.read_to("2\n\r\n"), "2\r\n0\n\r\n2\r\n1\n\r\n2\r\n2\n\r\n");
  auto rest = std::async(std::launch::async, [&] { return client.read_all(); });
  stop();
  EXPECT_EQ(rest.get(), "0\r\n\r\n");
}

TEST_F(ServerTest, AStreamEndsWhenItsClientHasGone) {
  const int before = streams_ended;
  {
    RawClient client = this->client();
    client.send("GET /count HTTP/1.1\r\n\r\n");
    client.read_to("2\n\r\n");
  }
  const auto until = Steady::now() + std::chrono::seconds(10);
  while (streams_ended == before && Steady::now() < until) {
    std::this_thread::yield();
  }
  EXPECT_EQ(streams_ended, before + 1);
}

TEST_F(ServerTest, StopEndsIdleConnectionsAtOnceAndWaitsForAnAnswer) {
  RawClient idle = this->client();
  RawClient busy(server_->endpoint());
  busy.send("GET /late HTTP/1.1\r\n\r\n");
  idle.send("GET /a HTTP/1.1\r\n\r\n");
  idle.read_to("GET /a ");
  auto said = std::async(std::launch::async, [&] { return busy.read_all(); });
  auto idle_said = std::async(std::launch::async, [&] { return idle.read_all(); });
  settle();
  const auto begin = Steady::now();
  stop();
  EXPECT_LT(Steady::now() - begin, std::chrono::seconds(1));
  EXPECT_NE(said.get().find("GET /late"), std::string::npos);
  EXPECT_EQ(idle_said.get(), "");
}

TEST_F(ServerTest, TheLocalSocketIsTheOwnersAlone) {
  const test::FreshFolder folder;
  const std::string path = folder / "control";
  on_thread([&]() -> awaitable<void> {
    server_ = *Server::listen_local(io_.get_executor(), path, answer);
    co_return;
  });
  struct stat file{};
  ASSERT_EQ(::stat(path.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
  RawClient client(path);
  client.send("GET /a HTTP/1.1\r\nConnection: close\r\n\r\n");
  EXPECT_TRUE(client.read_all().ends_with("GET /a "));
  stop();
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST_F(ServerTest, ALocalSocketOfTheDeadIsReplacedAndOneOfTheLivingIsNot) {
  const test::FreshFolder folder;
  const std::string path = folder / "control";
  {
    // Whoever dies leaves its socket behind.
    asio::local::stream_protocol::acceptor dead(io_, asio::local::stream_protocol::endpoint(path));
  }
  on_thread([&]() -> awaitable<void> {
    auto server = Server::listen_local(io_.get_executor(), path, answer);
    EXPECT_TRUE(server) << server.error().text();
    server_ = *std::move(server);
    const auto second = Server::listen_local(io_.get_executor(), path, answer);
    EXPECT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::unavailable);
    co_return;
  });
}

TEST_F(ServerTest, APathThatASocketCantHaveIsExplained) {
  const auto server =
      Server::listen_local(io_.get_executor(), "/tmp/" + std::string(200, 'x'), answer);
  ASSERT_FALSE(server);
  EXPECT_NE(server.error().text().find("choose a data directory with a shorter name"),
            std::string::npos);
}

TEST_F(ServerTest, ConnectionsAreBounded) {
  std::list<RawClient> clients;
  {
    const RawClient starts_the_server = client();
  }
  for (int i = 0; i < 256; ++i) {
    clients.emplace_back(server_->endpoint()).send("GET /count HTTP/1.1\r\n\r\n");
    clients.back().read_to("0");
  }
  RawClient one_too_many(server_->endpoint());
  EXPECT_EQ(one_too_many.read_all(), "");
}

TEST_F(ServerTest, TheOldestThatWaitsForARequestMakesRoom) {
  std::list<RawClient> clients;
  {
    const RawClient starts_the_server = client();
  }
  clients.emplace_back(server_->endpoint()).send("GET /count HTTP/1.1\r\n\r\n");
  clients.back().read_to("0");
  for (int i = 0; i < 255; ++i) {
    clients.emplace_back(server_->endpoint()).send("GET /a HTTP/1.1\r\n\r\n");
    clients.back().read_to("GET /a ");
  }
  RawClient further(server_->endpoint());
  further.send("GET /b HTTP/1.1\r\n\r\n");
  further.read_to("GET /b ");
  EXPECT_EQ(std::next(clients.begin())->read_all(), "");
  clients.back().send("GET /c HTTP/1.1\r\n\r\n");
  clients.back().read_to("GET /c ");
}

TEST_F(ServerTest, AConnectionThatSaysNothingEndsSoon) {
  RawClient silent = client();
  const auto began = Steady::now();
  EXPECT_EQ(silent.read_all(), "");
  EXPECT_LT(Steady::now() - began, std::chrono::seconds(15));
}

}  // namespace
}  // namespace postrider::http
