#include "session_harness.h"

#include <filesystem>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include "net/tls.h"

namespace postrider::smtp {

namespace asio = boost::asio;
using tcp = asio::ip::tcp;

namespace {

constexpr std::chrono::seconds kLimit{20};

class ScriptedHandler final : public SessionHandler {
 public:
  explicit ScriptedHandler(Script& script) : script_(script) {}

  Reply connected(const SessionInfo& session) override {
    note("connected", session);
    return script_.greeting;
  }

  asio::awaitable<Reply> authenticate(const SessionInfo& session, std::string user,
                                      std::string password) override {
    note("authenticate " + user, session);
    const auto found = script_.passwords.find(user);
    if (found != script_.passwords.end() && found->second == password) {
      co_return Reply{.code = 235, .enhanced = "2.7.0", .text = "welcome", .close = false};
    }
    co_return Reply{.code = 535, .enhanced = "5.7.8", .text = "no", .close = false};
  }

  asio::awaitable<Reply> mail(const SessionInfo& session, const Envelope& envelope) override {
    note("mail " + mail::to_string(envelope.reverse_path), session);
    co_return script_.mail;
  }

  asio::awaitable<Reply> recipient(const SessionInfo& session, const Envelope& /*envelope*/,
                                   const Recipient& recipient) override {
    note("recipient " + mail::to_string(recipient.address), session);
    const auto found = script_.recipients.find(recipient.address.local);
    if (found != script_.recipients.end()) {
      co_return found->second;
    }
    co_return Reply{.code = 250, .enhanced = "2.1.5", .text = "ok", .close = false};
  }

  asio::awaitable<Reply> data(const SessionInfo& session, const Envelope& /*envelope*/) override {
    note("data", session);
    if (script_.on_data) {
      script_.on_data();
    }
    co_return script_.data;
  }

  bool has_memory() override { return script_.has_memory; }

  asio::awaitable<Reply> message(const SessionInfo& session, Envelope envelope,
                                 std::string content) override {
    note("message", session);
    script_.accepted.push_back({.envelope = std::move(envelope), .content = std::move(content)});
    if (script_.on_message) {
      co_await script_.on_message();
    }
    co_return script_.message;
  }

  void reset() override { script_.calls.emplace_back("reset"); }

  void ended(const SessionInfo& session, const std::string& why) override {
    note("ended", session);
    script_.why_ended = why;
  }

 private:
  void note(std::string call, const SessionInfo& session) {
    script_.calls.push_back(std::move(call));
    script_.last = session;
  }

  Script& script_;
};

void rethrow(const std::exception_ptr& error) {
  if (error) {
    std::rethrow_exception(error);
  }
}

}  // namespace

std::unique_ptr<SessionHandler> make_handler(Script& script) {
  return std::make_unique<ScriptedHandler>(script);
}

ServerOptions open_options() {
  ServerOptions options;
  options.hostname = "mx.test";
  options.auth_required = false;
  return options;
}

std::shared_ptr<const net::TlsServer> test_tls() {
  static const auto made = [] {
    const auto folder = std::filesystem::temp_directory_path() /
                        ("postrider-smtp-test-" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder);
    EXPECT_TRUE(net::write_self_signed("mx.test", folder / "cert.pem", folder / "key.pem"));
    auto context = net::TlsServer::create(folder / "cert.pem", folder / "key.pem");
    std::filesystem::remove_all(folder);
    return context.value();
  }();
  return made;
}

Peer::Peer(tcp::socket socket) : descriptor_(socket.native_handle()), stream_(std::move(socket)) {}

void Peer::finish_sending() {
  ::shutdown(descriptor_, SHUT_WR);
}

asio::awaitable<void> Peer::send(std::string bytes) {
  // A session may leave before it has read everything: no failure of the test.
  const Result<> ignored = co_await stream_.write(bytes, net::within(kLimit));
  (void)ignored;
}

asio::awaitable<std::string> Peer::reply() {
  std::string got;
  while (true) {
    const std::string_view seen = stream_.buffered();
    const auto end = seen.find("\r\n");
    if (end == std::string_view::npos) {
      const Result<> more = co_await stream_.fill(net::within(kLimit));
      if (!more) {
        co_return got;
      }
      continue;
    }
    const bool last = end < 4 || seen[3] == ' ';
    got += seen.substr(0, end + 2);
    stream_.consume(end + 2);
    if (last) {
      co_return got;
    }
  }
}

asio::awaitable<std::string> Peer::ask(std::string line) {
  co_await send(line + "\r\n");
  co_return co_await reply();
}

asio::awaitable<std::string> Peer::everything() {
  Result<> more;
  while (more) {
    more = co_await stream_.fill(net::within(kLimit));
  }
  co_return std::string(stream_.buffered());
}

asio::awaitable<bool> Peer::start_tls() {
  const auto context = net::TlsClient::create(false).value();
  const Result<> done = co_await stream_.connect_tls(context, "mx.test", net::within(kLimit));
  co_return done.has_value();
}

asio::awaitable<void> let_session_run() {
  const auto executor = co_await asio::this_coro::executor;
  for (int i = 0; i < 8; ++i) {
    co_await asio::post(executor, asio::use_awaitable);
  }
}

void run_session(const ServerOptions& options, Script& script, Play play, std::string_view early,
                 IdleSessions* idle) {
  asio::io_context io;
  tcp::acceptor acceptor(io, tcp::endpoint(asio::ip::address_v4::loopback(), 0));
  tcp::socket client(io);
  client.connect(acceptor.local_endpoint());
  tcp::socket server = acceptor.accept();
  asio::write(client, asio::buffer(early));
  asio::cancellation_signal stop;
  asio::co_spawn(
      io,
      serve_session(net::Stream(std::move(server)), std::make_shared<const ServerOptions>(options),
                    make_handler(script), "t-1", idle),
      asio::bind_cancellation_slot(stop.slot(), rethrow));
  const auto peer = std::make_shared<Peer>(std::move(client));
  const auto run = [peer, &stop, &play]() -> asio::awaitable<void> {
    co_await play(*peer, stop);
    peer->stream().close();
  };
  asio::co_spawn(io, run, rethrow);
  io.run_for(kLimit);
  ASSERT_TRUE(io.stopped()) << "the session or its peer still waits";
  EXPECT_EQ(script.calls.back(), "ended");
}

std::string converse(const ServerOptions& options, Script& script, std::string_view input) {
  std::string output;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> asio::awaitable<void> {
    co_await peer.reply();
    asio::co_spawn(co_await asio::this_coro::executor, peer.send(std::string(input)),
                   [&peer](const std::exception_ptr& error) {
                     rethrow(error);
                     peer.finish_sending();
                   });
    output = co_await peer.everything();
  });
  return output;
}

}  // namespace postrider::smtp
