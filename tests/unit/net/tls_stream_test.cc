// Streams under TLS, both ends ours, on loopback.
#include <fstream>
#include <functional>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/write.hpp>

#include "net/stream.h"
#include "net/task_group.h"
#include "net/tls.h"
#include "support/fresh_folder.h"
#include "support/small_disk.h"

namespace postrider::net {
namespace {

namespace asio = boost::asio;
using asio::awaitable;
using std::chrono::milliseconds;
using tcp = asio::ip::tcp;

constexpr std::chrono::seconds kLimit{20};

class TlsStream : public ::testing::Test {
 protected:
  using Side = std::function<awaitable<void>(Stream&)>;

  void SetUp() override {
    ASSERT_TRUE(write_self_signed("mx.example.net", certificate_, key_));
    server_ = TlsServer::create(certificate_, key_).value();
    client_ = TlsClient::create(false).value();
  }

  /// Runs both ends of one connection to their end.
  void run(const Side& server, const Side& client) {
    asio::io_context io;
    tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
    tcp::socket socket(io);
    socket.connect(acceptor.local_endpoint());
    Stream ours(acceptor.accept());
    Stream theirs(std::move(socket));
    const auto rethrow = [](const std::exception_ptr& error) {
      if (error) {
        std::rethrow_exception(error);
      }
    };
    asio::co_spawn(io, server(ours), rethrow);
    asio::co_spawn(io, client(theirs), rethrow);
    io.run_for(kLimit);
    ASSERT_TRUE(io.stopped());
  }

  Side accepting(Side then) {
    return [this, then](Stream& stream) -> awaitable<void> {
      const Result<> done = co_await stream.accept_tls(server_, within(kLimit));
      EXPECT_TRUE(done) << done.error().text();
      co_await then(stream);
    };
  }
  Side connecting(Side then) {
    return [this, then](Stream& stream) -> awaitable<void> {
      const Result<> done = co_await stream.connect_tls(client_, "mx.example.net", within(kLimit));
      EXPECT_TRUE(done) << done.error().text();
      co_await then(stream);
    };
  }

  static awaitable<std::string> read(Stream& stream, std::size_t size) {
    while (stream.buffered().size() < size) {
      const Result<> more = co_await stream.fill(within(kLimit));
      if (!more) {
        co_return more.error().text();
      }
    }
    std::string text(stream.buffered());
    stream.consume(text.size());
    co_return text;
  }

  test::FreshFolder folder_;
  std::filesystem::path certificate_ = folder_ / "certificate.pem";
  std::filesystem::path key_ = folder_ / "key.pem";
  std::shared_ptr<const TlsServer> server_;
  std::shared_ptr<const TlsClient> client_;
};

TEST_F(TlsStream, CarriesBytesBothWaysAndSaysWhatWasAgreed) {
  const std::string much(3 << 20, 'x');
  run(accepting([&](Stream& stream) -> awaitable<void> {
        EXPECT_EQ(stream.tls()->version, "TLSv1.3");
        EXPECT_EQ(co_await read(stream, 5), "hello");
        EXPECT_TRUE(co_await stream.write(much, within(kLimit)));
        const std::string_view pieces[] = {"and ", "", "bye"};
        EXPECT_TRUE(co_await stream.write(pieces, within(kLimit)));
        EXPECT_EQ(co_await read(stream, 1), "the peer closed the connection");
        stream.close();
      }),
      connecting([&](Stream& stream) -> awaitable<void> {
        EXPECT_FALSE(stream.tls()->verified);
        EXPECT_NE(stream.tls()->peer_problem, "");
        EXPECT_NE(stream.tls()->cipher, "");
        EXPECT_TRUE(co_await stream.write("hello", within(kLimit)));
        const std::string all = co_await read(stream, much.size() + 7);
        EXPECT_EQ(all.size(), much.size() + 7);
        EXPECT_TRUE(all.ends_with("xand bye"));
        stream.close();
      }));
}

TEST_F(TlsStream, AVerifyingClientTakesOnlyTheRightName) {
  client_ = TlsClient::create(true, certificate_).value();
  run(accepting([](Stream& stream) -> awaitable<void> {
        EXPECT_EQ(co_await read(stream, 2), "ok");
        stream.close();
      }),
      connecting([](Stream& stream) -> awaitable<void> {
        EXPECT_TRUE(stream.tls()->verified);
        EXPECT_EQ(stream.tls()->peer_problem, "");
        EXPECT_TRUE(co_await stream.write("ok", within(kLimit)));
        stream.close();
      }));
  run(
      [this](Stream& stream) -> awaitable<void> {
        const Result<> done = co_await stream.accept_tls(server_, within(kLimit));
        if (done) {  // TLS 1.3: the server is done before the client looks
          EXPECT_FALSE(co_await stream.fill(within(kLimit)));
        }
        stream.close();
      },
      [this](Stream& stream) -> awaitable<void> {
        const Result<> done = co_await stream.connect_tls(client_, "other.example", within(kLimit));
        EXPECT_FALSE(done);
        EXPECT_NE(done.error().text().find("ostname mismatch"), std::string::npos)
            << done.error().text();
        stream.close();
      });
}

TEST_F(TlsStream, AnAddressIsANameToBeVerifiedToo) {
  struct Case {
    std::string of_certificate;
    bool passes;
  };
  for (const Case& one : {Case{"localhost", false}, {"127.0.0.2", false}, {"127.0.0.1", true}}) {
    ASSERT_TRUE(write_self_signed(one.of_certificate, certificate_, key_));
    server_ = TlsServer::create(certificate_, key_).value();
    client_ = TlsClient::create(true, certificate_).value();
    run(
        [this](Stream& stream) -> awaitable<void> {
          const Result<> done = co_await stream.accept_tls(server_, within(kLimit));
          stream.close();
        },
        [&](Stream& stream) -> awaitable<void> {
          const Result<> done = co_await stream.connect_tls(client_, "127.0.0.1", within(kLimit));
          EXPECT_EQ(done.has_value(), one.passes) << one.of_certificate;
          EXPECT_EQ(stream.tls() && stream.tls()->verified, one.passes) << one.of_certificate;
          if (!one.passes) {
            EXPECT_NE(done.error().text().find("IP address mismatch"), std::string::npos)
                << done.error().text();
          }
          stream.close();
        });
  }
}

TEST_F(TlsStream, ANameThatCannotBeCheckedFailsTheHandshake) {
  run([](Stream& stream) -> awaitable<void> { EXPECT_FALSE(co_await stream.fill(within(kLimit))); },
      [&](Stream& stream) -> awaitable<void> {
        const Result<> done =
            co_await stream.connect_tls(client_, std::string(300, 'n'), within(kLimit));
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code(), Errc::invalid);
        stream.close();
      });
}

// OpenSSL has the number of the descriptor, which is another socket's as soon as one is opened.
TEST_F(TlsStream, AClosedOneDoesNotTouchWhoeverHasItsDescriptorNow) {
  run(accepting([](Stream& stream) -> awaitable<void> {
        EXPECT_EQ(co_await read(stream, 1), "the peer closed the connection");
        stream.close();
      }),
      connecting([](Stream& stream) -> awaitable<void> {
        stream.close();
        int pair[2] = {-1, -1};
        EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair), 0);
        EXPECT_EQ(::send(pair[1], "secret", 6, 0), 6);
        EXPECT_EQ((co_await stream.fill(within(kLimit))).error().code(), Errc::closed);
        EXPECT_EQ((co_await stream.write("ours", within(kLimit))).error().code(), Errc::closed);
        char bytes[64];
        EXPECT_EQ(::recv(pair[0], bytes, sizeof(bytes), 0), 6) << "it has been read";
        EXPECT_EQ(::recv(pair[1], bytes, sizeof(bytes), 0), -1) << "it has been written to";
        ::close(pair[0]);
        ::close(pair[1]);
      }));
}

// RFC 3207, 6: what was sent in the clear behind STARTTLS must not be taken for protected.
TEST_F(TlsStream, BytesThatCameInTheClearBehindStarttlsAreRefused) {
  run(
      [this](Stream& stream) -> awaitable<void> {
        const std::string_view injected = "STARTTLS\r\nMAIL FROM:<a@b>\r\n";
        while (stream.buffered().size() < injected.size()) {
          EXPECT_TRUE(co_await stream.fill(within(kLimit)));
        }
        stream.consume(10);
        const Result<> done = co_await stream.accept_tls(server_, within(kLimit));
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code(), Errc::invalid);
        stream.close();
      },
      [](Stream& stream) -> awaitable<void> {
        EXPECT_TRUE(co_await stream.write("STARTTLS\r\nMAIL FROM:<a@b>\r\n", within(kLimit)));
        EXPECT_FALSE(co_await stream.fill(within(kLimit)));
        stream.close();
      });
}

TEST_F(TlsStream, BytesInTheClearInsteadOfAHandshakeFailIt) {
  run(
      [this](Stream& stream) -> awaitable<void> {
        const Result<> done = co_await stream.accept_tls(server_, within(kLimit));
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code(), Errc::invalid) << done.error().text();
        stream.close();
      },
      [](Stream& stream) -> awaitable<void> {
        EXPECT_TRUE(co_await stream.write("MAIL FROM:<a@b> in the clear\r\n", within(kLimit)));
        std::ignore = co_await stream.fill(within(kLimit));  // an alert, or the end
        stream.close();
      });
}

TEST_F(TlsStream, AHandshakeThatDoesNotComeIsATimeout) {
  run(
      [this](Stream& stream) -> awaitable<void> {
        const Result<> done = co_await stream.accept_tls(server_, within(milliseconds(30)));
        EXPECT_FALSE(done);
        EXPECT_EQ(done.error().code(), Errc::timeout);
        EXPECT_FALSE(stream.is_open());
      },
      [](Stream& stream) -> awaitable<void> {
        EXPECT_FALSE(co_await stream.fill(within(kLimit)));
        stream.close();
      });
}

// A server's session tickets arrive unasked; a connection that idles is not spoilt by them.
TEST_F(TlsStream, IsQuietUntilTheOtherSideSaysSomethingOrCloses) {
  bool is_accepted = false;  // and the tickets are on their way
  run(accepting([&](Stream& stream) -> awaitable<void> {
        is_accepted = true;
        EXPECT_EQ(co_await read(stream, 4), "talk");
        EXPECT_TRUE(co_await stream.write("421", within(kLimit)));
        EXPECT_EQ(co_await read(stream, 3), "bye");
        stream.close();
      }),
      connecting([&](Stream& stream) -> awaitable<void> {
        while (!is_accepted) {
          co_await asio::post(asio::use_awaitable);
        }
        EXPECT_TRUE(stream.is_quiet());
        const Result<> came = co_await stream.fill_when_idle(within(milliseconds(20)));
        EXPECT_EQ(came.error().code(), Errc::timeout);
        EXPECT_TRUE(stream.is_quiet());
        EXPECT_TRUE(co_await stream.write("talk", within(kLimit)));
        while (stream.is_quiet()) {
          co_await asio::post(asio::use_awaitable);
        }
        EXPECT_FALSE(stream.is_quiet());
        EXPECT_EQ(co_await read(stream, 3), "421");
        EXPECT_TRUE(stream.is_quiet());
        EXPECT_TRUE(co_await stream.write("bye", within(kLimit)));
        while (stream.is_quiet()) {
          co_await asio::post(asio::use_awaitable);
        }
        stream.close();
        EXPECT_FALSE(stream.is_quiet());
      }));
}

TEST_F(TlsStream, AfterATimeoutOfAFillItCanStillBeUsed) {
  run(accepting([](Stream& stream) -> awaitable<void> {
        const Result<> late = co_await stream.fill(within(milliseconds(20)));
        EXPECT_FALSE(late);
        EXPECT_EQ(late.error().code(), Errc::timeout);
        EXPECT_TRUE(co_await stream.write("too late", within(kLimit)));
        EXPECT_EQ(co_await read(stream, 2), "ok");
        stream.close();
      }),
      connecting([](Stream& stream) -> awaitable<void> {
        EXPECT_EQ(co_await read(stream, 8), "too late");
        EXPECT_TRUE(co_await stream.write("ok", within(kLimit)));
        stream.close();
      }));
}

TEST_F(TlsStream, AGentleCloseKeepsTheLastWords) {
  run(accepting([](Stream& stream) -> awaitable<void> {
        EXPECT_TRUE(co_await stream.fill(within(kLimit)));  // there is more, which nobody reads
        EXPECT_TRUE(co_await stream.write("goodbye", within(kLimit)));
        co_await stream.close_gently(1 << 20, within(kLimit));
      }),
      connecting([](Stream& stream) -> awaitable<void> {
        EXPECT_TRUE(co_await stream.write(std::string(200'000, 'x'), within(kLimit)));
        EXPECT_EQ(co_await read(stream, 7), "goodbye");
        EXPECT_EQ(co_await read(stream, 1), "the peer closed the connection");
        stream.close();
      }));
}

TEST_F(TlsStream, CloseEndsAReadAtOnce) {
  run(accepting([](Stream& stream) -> awaitable<void> {
        TaskGroup group(co_await asio::this_coro::executor, "test");
        std::string story;
        auto reading = [&]() -> awaitable<void> {
          const Result<> done = co_await stream.fill(within(kLimit));
          story = done ? "data" : done.error().text();
        };
        group.spawn(reading());
        co_await asio::post(asio::use_awaitable);
        co_await asio::post(asio::use_awaitable);
        stream.close();
        co_await group.join();
        EXPECT_EQ(story, "the connection was closed here");
      }),
      connecting([](Stream& stream) -> awaitable<void> {
        EXPECT_FALSE(co_await stream.fill(within(kLimit)));
        stream.close();
      }));
}

TEST(Tls, ErrorsNameTheFile) {
  const test::FreshFolder folder;
  const auto missing = TlsServer::create(folder / "none.pem", folder / "none.key");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().text().find("none.pem"), std::string::npos);
  ASSERT_TRUE(write_self_signed("a.example", folder / "a.pem", folder / "a.key"));
  ASSERT_TRUE(write_self_signed("b.example", folder / "b.pem", folder / "b.key"));
  const auto mixed = TlsServer::create(folder / "a.pem", folder / "b.key");
  ASSERT_FALSE(mixed);
  EXPECT_NE(mixed.error().text().find("b.key"), std::string::npos);
  EXPECT_FALSE(TlsClient::create(true, folder / "none.pem"));
  EXPECT_FALSE(write_self_signed("a.example", folder / "no folder/a.pem", folder / "a.key"));
  struct stat state{};
  ASSERT_EQ(::stat((folder / "a.key").c_str(), &state), 0);
  EXPECT_EQ(state.st_mode & 0777, 0600U);
}

TEST(Tls, OnAFullDiskTheFilesOfBeforeStay) {
  MOUNT_OR_SKIP(disk, 4 << 20);
  const auto certificate = disk.path() / "a.pem";
  const auto key = disk.path() / "a.key";
  ASSERT_TRUE(write_self_signed("a.example", certificate, key));
  disk.fill(0);
  for (int i = 0; std::ofstream(disk.path() / std::to_string(i)) << "x" << std::flush; ++i) {
    ASSERT_LT(i, 10'000);
  }
  const Result<> full = write_self_signed("b.example", certificate, key);
  ASSERT_FALSE(full);
  EXPECT_NE(full.error().text().find("No space left on device"), std::string::npos)
      << full.error().text();
  EXPECT_TRUE(TlsServer::create(certificate, key));
  EXPECT_FALSE(std::filesystem::exists(key.string() + ".new"));
}

}  // namespace
}  // namespace postrider::net
