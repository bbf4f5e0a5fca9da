// The client outside transactions: greeting, EHLO, TLS, AUTH, QUIT.
#include <gmock/gmock.h>

#include "base/text.h"
#include "client_peer.h"

namespace postrider::smtp {
namespace {

using testing::HasSubstr;
using testing::Not;

class ClientDialogue : public ClientTest {
 protected:
  ClientDialogue() {
    const auto directory = std::filesystem::path(testing::TempDir());
    certificate_ = directory / ("client-" + std::to_string(::getpid()) + ".pem");
    key_ = directory / ("client-" + std::to_string(::getpid()) + ".key");
  }
  ~ClientDialogue() override {
    std::error_code ignored;
    std::filesystem::remove(certificate_, ignored);
    std::filesystem::remove(key_, ignored);
  }

  std::shared_ptr<const net::TlsServer> tls_server(const std::string& host) {
    EXPECT_TRUE(net::write_self_signed(host, certificate_, key_));
    return *net::TlsServer::create(certificate_, key_);
  }
  std::shared_ptr<const net::TlsClient> tls_client(bool verify) {
    return verify ? *net::TlsClient::create(true, certificate_) : *net::TlsClient::create(false);
  }

  static asio::awaitable<void> accept_tls(Peer& peer,
                                          std::shared_ptr<const net::TlsServer> server) {
    const Result<> done = co_await peer.stream().accept_tls(server, net::within(kPatience));
    EXPECT_TRUE(done) << done.error().text();
  }

  Envelope ann = envelope("shop@example.org", {"ann@example.net"});

 private:
  std::filesystem::path certificate_;
  std::filesystem::path key_;
};

int code_of(const Result<Reply>& reply) {
  return reply ? reply->code : 0;
}

TEST_F(ClientDialogue, GreetingIsReturnedAsItIs) {
  for (const std::string said :
       {"220-mx.example\r\n220 hello\r\n", "554 5.7.1 no\r\n", "421 busy\r\n"}) {
    converse([&](Peer& peer) -> asio::awaitable<void> { co_await peer.say(said); },
             [&](Client& client) -> asio::awaitable<void> {
               const Result<Reply> greeting = co_await client.greeting();
               EXPECT_EQ(code_of(greeting), std::stoi(said));
             });
  }
}

TEST_F(ClientDialogue, SilentPeerIsATimeoutThatSaysWhatWasWaitedForAndHearsNoQuit) {
  timeouts.greeting = 20ms;
  converse([&](Peer& peer) -> asio::awaitable<void> { co_await peer.expect({"(end)"}); },
           [&](Client& client) -> asio::awaitable<void> {
             const Result<Reply> greeting = co_await client.greeting();
             EXPECT_FALSE(greeting);
             EXPECT_EQ(greeting.error().code(), Errc::timeout);
             EXPECT_THAT(greeting.error().text(), HasSubstr("the connection"));
             co_await client.quit();
           });
}

TEST_F(ClientDialogue, PeerThatDoesNotSpeakSmtpIsInvalid) {
  for (const std::string said : {"SSH-2.0-OpenSSH_9.2\r\n", "99 bottles\r\n", "220x\r\n"}) {
    converse([&](Peer& peer) -> asio::awaitable<void> { co_await peer.say(said); },
             [&](Client& client) -> asio::awaitable<void> {
               const Result<Reply> greeting = co_await client.greeting();
               EXPECT_FALSE(greeting);
               EXPECT_EQ(greeting.error().code(), Errc::invalid) << greeting.error().text();
             });
  }
}

TEST_F(ClientDialogue, ALineWithoutEndIsInvalid) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.say("220 " + std::string(10000, 'x'));
      },
      [](Client& client) -> asio::awaitable<void> {
        const Result<Reply> greeting = co_await client.greeting();
        EXPECT_FALSE(greeting);
        EXPECT_EQ(greeting.error().code(), Errc::invalid) << greeting.error().text();
      });
}

TEST_F(ClientDialogue, HeloIsTriedOnlyWhereEhloIsUnknown) {
  for (const std::string refusal : {"500", "502", "504"}) {
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.expect({"EHLO relay.example"});
          co_await peer.say(refusal + " what?\r\n");
          co_await peer.expect({"HELO relay.example"});
          co_await peer.say("250 PIPELINING\r\n");
        },
        [](Client& client) -> asio::awaitable<void> {
          const Result<Reply> hello = co_await client.hello("relay.example");
          EXPECT_EQ(code_of(hello), 250);
          EXPECT_FALSE(client.features().esmtp);
          EXPECT_FALSE(client.features().pipelining);
        });
  }
  for (const std::string refusal : {"421", "450", "550", "554"}) {
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.expect({"EHLO relay.example"});
          co_await peer.say(refusal + " no\r\n");
          co_await peer.expect({"QUIT"});
          co_await peer.say("221 bye\r\n");
        },
        [&](Client& client) -> asio::awaitable<void> {
          const Result<Reply> hello = co_await client.hello("relay.example");
          EXPECT_EQ(code_of(hello), std::stoi(refusal));
          co_await client.quit();
        });
  }
}

TEST_F(ClientDialogue, StartTlsForgetsWhatWasOfferedInTheClear) {
  const auto server = tls_server("mx.example");
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-STARTTLS\r\n250-SIZE 100\r\n");
        co_await peer.expect({"STARTTLS"});
        co_await peer.say("220 go\r\n");
        co_await accept_tls(peer, server);
        co_await peer.expect({"EHLO relay.example"});
        co_await peer.say("250-mx.example\r\n250 PIPELINING\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, "one\r\ntwo\r\n");
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"QUIT"});
        co_await peer.say("221 bye\r\n");
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        EXPECT_TRUE(client.features().starttls);
        const Result<Reply> reply = co_await client.start_tls(tls_client(true), "mx.example");
        EXPECT_TRUE(reply) << reply.error().text();
        EXPECT_FALSE(client.features().starttls);
        const bool is_verified = client.stream().tls() && client.stream().tls()->verified;
        EXPECT_TRUE(is_verified);
        const Result<Reply> hello = co_await client.hello("relay.example");
        EXPECT_TRUE(hello);
        EXPECT_FALSE(client.features().size);
        EXPECT_TRUE(client.features().pipelining);
        const Letter letter(ann, {"one\r\n", "two\r\n"});
        const TransactionResult result = co_await client.transact(letter.outgoing(), nullptr, 0);
        EXPECT_EQ(result.progress, Progress::complete);
        co_await client.quit();
      });
}

TEST_F(ClientDialogue, RefusedStartTlsLeavesTheConnectionInTheClear) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-STARTTLS\r\n250-PIPELINING\r\n");
        co_await peer.expect({"STARTTLS"});
        co_await peer.say("454 4.7.0 not now\r\n");
        co_await peer.expect({"QUIT"});
        co_await peer.say("221 bye\r\n");
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.start_tls(tls_client(false), "mx.example");
        EXPECT_EQ(code_of(reply), 454);
        EXPECT_TRUE(client.features().pipelining);
        EXPECT_FALSE(client.stream().tls());
        co_await client.quit();
      });
}

TEST_F(ClientDialogue, WhatIsSaidBehindStartTlsInTheClearIsAnAttack) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-STARTTLS\r\n");
        co_await peer.expect({"STARTTLS"});
        co_await peer.say("220 go\r\n250-mx.example\r\n250 AUTH PLAIN\r\n");
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.start_tls(tls_client(false), "mx.example");
        EXPECT_FALSE(reply);
        EXPECT_EQ(reply.error().code(), Errc::invalid);
        EXPECT_THAT(reply.error().text(), HasSubstr("in the clear"));
      });
}

TEST_F(ClientDialogue, CertificateOfAnotherHostFailsWhereItIsChecked) {
  const auto server = tls_server("other.example");
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-STARTTLS\r\n");
        co_await peer.expect({"STARTTLS"});
        co_await peer.say("220 go\r\n");
        std::ignore = co_await peer.stream().accept_tls(server, net::within(kPatience));
        co_await peer.expect({"(end)"});
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.start_tls(tls_client(true), "mx.example");
        EXPECT_FALSE(reply);
        EXPECT_THAT(reply.error().text(), HasSubstr("mismatch"));
        co_await client.quit();
      });
}

TEST_F(ClientDialogue, ImplicitTlsComesBeforeTheGreeting) {
  const auto server = tls_server("mx.example");
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await accept_tls(peer, server);
        co_await peer.say("220 hello\r\n");
      },
      [&](Client& client) -> asio::awaitable<void> {
        const Result<> tls = co_await client.implicit_tls(tls_client(true), "mx.example");
        EXPECT_TRUE(tls) << tls.error().text();
        const Result<Reply> greeting = co_await client.greeting();
        EXPECT_EQ(code_of(greeting), 220);
      });
}

TEST_F(ClientDialogue, EarlyRefusalUnderTlsIsHeard) {
  const auto server = tls_server("mx.example");
  const std::string text(16 << 20, 'x');
  const Letter letter(ann, {text});
  bool is_done = false;
  TransactionResult result;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await accept_tls(peer, server);
        co_await peer.welcome("250-PIPELINING\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.bytes(1000);
        co_await peer.say("552 too big\r\n");
        while (!is_done) {
          co_await peer.pause();
        }
      },
      [&](Client& client) -> asio::awaitable<void> {
        const Result<> tls = co_await client.implicit_tls(tls_client(true), "mx.example");
        EXPECT_TRUE(tls);
        co_await start(client);
        result = co_await client.transact(letter.outgoing(), nullptr, 0);
        is_done = true;
      });
  EXPECT_EQ(result.recipients.at(0).code, 552);
}

TEST_F(ClientDialogue, AuthPlainCarriesItsResponse) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-AUTH LOGIN PLAIN\r\n");
        co_await peer.expect({"AUTH PLAIN " + base64(std::string("\0shop\0secret", 12))});
        co_await peer.say("235 2.7.0 welcome\r\n");
      },
      [](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", "secret");
        EXPECT_EQ(code_of(reply), 235);
      });
}

TEST_F(ClientDialogue, LongAuthPlainWaitsForItsChallenge) {
  const std::string password(600, 'p');
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-AUTH PLAIN\r\n");
        co_await peer.expect({"AUTH PLAIN"});
        co_await peer.say("334 \r\n");
        co_await peer.expect({base64(std::string("\0shop\0", 6) + password)});
        co_await peer.say("535 5.7.8 no\r\n");
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", password);
        EXPECT_EQ(code_of(reply), 535);
      });
}

TEST_F(ClientDialogue, AuthLoginGivesUserAndPasswordInTurn) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-AUTH LOGIN CRAM-MD5\r\n");
        co_await peer.expect({"AUTH LOGIN"});
        co_await peer.say("334 VXNlcm5hbWU6\r\n");
        co_await peer.expect({base64("shop")});
        co_await peer.say("334 UGFzc3dvcmQ6\r\n");
        co_await peer.expect({base64("secret")});
        co_await peer.say("235 ok\r\n");
      },
      [](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", "secret");
        EXPECT_EQ(code_of(reply), 235);
      });
}

TEST_F(ClientDialogue, AuthLoginThatIsRefusedInBetweenSendsNoPassword) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-AUTH LOGIN\r\n");
        co_await peer.expect({"AUTH LOGIN"});
        co_await peer.say("334 VXNlcm5hbWU6\r\n");
        co_await peer.expect({base64("shop")});
        co_await peer.say("535 no such user\r\n");
        co_await peer.expect({"QUIT"});
        co_await peer.say("221 bye\r\n");
      },
      [](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", "secret");
        EXPECT_EQ(code_of(reply), 535);
        co_await client.quit();
      });
}

TEST_F(ClientDialogue, AuthThatThePeerDoesNotOfferIsNotFound) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> { co_await peer.welcome("250-AUTH GSSAPI\r\n"); },
      [](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", "secret");
        EXPECT_FALSE(reply);
        EXPECT_EQ(reply.error().code(), Errc::not_found);
      });
}

TEST_F(ClientDialogue, ErrorsOfAuthDoNotShowThePassword) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-AUTH PLAIN\r\n");
        co_await peer.line();
        peer.close();
      },
      [](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        const Result<Reply> reply = co_await client.authenticate("shop", "secret");
        EXPECT_FALSE(reply);
        EXPECT_THAT(reply.error().text(), HasSubstr("AUTH"));
        EXPECT_THAT(reply.error().text(),
                    Not(HasSubstr(base64(std::string("\0shop\0secret", 12)))));
      });
}

TEST_F(ClientDialogue, PasswordWithAZeroByteIsNotSent) {
  converse([](Peer& peer) -> asio::awaitable<void> { co_await peer.welcome("250-AUTH PLAIN\r\n"); },
           [](Client& client) -> asio::awaitable<void> {
             co_await start(client);
             const Result<Reply> reply =
                 co_await client.authenticate("shop", std::string("a\0b", 3));
             EXPECT_FALSE(reply);
             EXPECT_EQ(reply.error().code(), Errc::invalid);
           });
}

TEST_F(ClientDialogue, QuitDoesNotWaitForLong) {
  timeouts.quit = 20ms;
  bool is_done = false;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome();
        co_await peer.expect({"QUIT"});
        while (!is_done) {
          co_await peer.pause();
        }
      },
      [&](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        co_await client.quit();
        EXPECT_FALSE(client.stream().is_open());
        is_done = true;
      });
}

TEST_F(ClientDialogue, RepliesBeforeTheirCommandAreInvalid) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.say("220 hello\r\n250 mx.example\r\n");
      },
      [](Client& client) -> asio::awaitable<void> {
        const Result<Reply> greeting = co_await client.greeting();
        EXPECT_EQ(code_of(greeting), 220);
        const Result<Reply> hello = co_await client.hello("relay.example");
        EXPECT_FALSE(hello);
        EXPECT_EQ(hello.error().code(), Errc::invalid);
      });
}

}  // namespace
}  // namespace postrider::smtp
