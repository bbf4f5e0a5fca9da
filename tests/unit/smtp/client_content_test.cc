// How content travels: BDAT, long messages, peers that interrupt, TLS.
#include <gmock/gmock.h>

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>

#include "client_peer.h"

namespace postrider::smtp {
namespace {

using testing::HasSubstr;

constexpr std::string_view kPipelining = "250-PIPELINING\r\n";
constexpr std::string_view kEnvelopeTaken = "250 ok\r\n250 ok\r\n354 go\r\n";

std::string lines_of(std::size_t bytes) {
  std::string text = "Subject: long\r\n\r\n";
  for (int line = 0; text.size() < bytes; ++line) {
    text += (line % 10 == 0 ? "." : "") + std::string(60, 'a') + std::to_string(line) + "\r\n";
  }
  return text;
}

std::string unstuffed(const std::string& wire) {
  std::string text;
  for (std::size_t i = 0; i < wire.size(); ++i) {
    const bool at_line_start = i == 0 || wire[i - 1] == '\n';
    if (!(at_line_start && wire[i] == '.')) {
      text += wire[i];
    }
  }
  return text;
}

class ClientContent : public ClientTest {
 protected:
  Dialogue sending(const Outgoing& message, const Envelope* next = nullptr) {
    return [this, &message, next](Client& client) -> asio::awaitable<void> {
      co_await start(client);
      result = co_await client.transact(message, next, 10);
      client.stream().close();
      is_done = true;
    };
  }

  static asio::awaitable<void> take_envelope(Peer& peer, std::string_view features = kPipelining) {
    co_await peer.welcome(features);
    co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
    co_await peer.say(std::string(kEnvelopeTaken));
  }

  int code() const { return result.recipients.at(0).code; }
  std::string why() const { return result.broken ? result.broken->text() : "not broken"; }

  Envelope ann = envelope("shop@example.org", {"ann@example.net"});
  Envelope bob = envelope("shop@example.org", {"bob@example.net"});
  TransactionResult result;
  bool is_done = false;
};

TEST_F(ClientContent, LongMessageArrivesWholeInFrontOfTheNextEnvelope) {
  const std::string text = lines_of(3 << 20);
  const std::size_t cut = text.find("\r\n.", 1 << 20) + 2;  // a line with a dot begins a piece
  const Letter letter(ann,
                      {std::string_view(text).substr(0, cut), std::string_view(text).substr(cut)});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        const std::string wire = co_await peer.data();
        EXPECT_GT(wire.size(), text.size());
        EXPECT_TRUE(unstuffed(wire) == text);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n");
      },
      sending(message, &bob));
  EXPECT_EQ(code(), 250);
  EXPECT_EQ(result.progress, Progress::complete) << why();
}

TEST_F(ClientContent, WithoutDotLinesIsNotSearched) {
  const Letter letter(ann, {".one\r\n"});
  Outgoing message = letter.outgoing();
  message.has_dot_lines = false;  // a lie, to see that it is believed
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        const std::string wire = co_await peer.data();
        EXPECT_EQ(wire, ".one\r\n");
        co_await peer.say("250 ok\r\n");
      },
      sending(message));
}

TEST_F(ClientContent, EarlyRefusalByAPeerThatStopsReadingIsHeard) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        co_await peer.say("552 5.3.4 ");
        co_await peer.say("too big\r\n");
        // Reads nothing more, and waits for the client to give up by itself.
        while (!is_done) {
          co_await peer.pause();
        }
      },
      sending(message));
  EXPECT_EQ(code(), 552);
  EXPECT_EQ(result.recipients[0].enhanced, "5.3.4");
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_TRUE(result.broken);
}

TEST_F(ClientContent, LastWordsOfAPeerThatBreaksOffAreHeard) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        co_await peer.say("421 4.3.0 disk full\r\n");
        peer.close();
      },
      sending(message));
  EXPECT_EQ(code(), 421);
  EXPECT_TRUE(result.closing);
  EXPECT_EQ(result.progress, Progress::complete) << why();
}

TEST_F(ClientContent, PeerThatBreaksOffInTheMiddleHasNotTakenIt) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        peer.close();
      },
      sending(message, &bob));
  EXPECT_EQ(code(), 0);
  EXPECT_EQ(result.progress, Progress::content);
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->code(), Errc::closed) << why();
}

TEST_F(ClientContent, FailedWriteIsDoubtfulOnlyIfMoreThanTheMessageWasInIt) {
  // Short enough to go in one write, and more than the buffers hold: the write is held up.
  sizes = {.client_send = 4096, .client_receive = 0, .peer_send = 0, .peer_receive = 4096};
  const std::string text = lines_of(60000);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  struct Case {
    const Envelope* next;
    std::string_view last_words;
    Progress progress;
    int code;
  };
  const Case cases[] = {{nullptr, "", Progress::content, 0},
                        {&bob, "", Progress::unconfirmed, 0},
                        {nullptr, "451 disk full\r\n", Progress::complete, 451},
                        {&bob, "451 disk full\r\n", Progress::complete, 451},
                        {nullptr, "250 taken\r\n", Progress::content, 0}};
  for (const Case& row : cases) {
    SCOPED_TRACE(row.last_words);
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await take_envelope(peer);
          co_await peer.bytes(100);
          co_await peer.say(std::string(row.last_words));
          peer.close();
        },
        sending(message, row.next));
    EXPECT_EQ(result.progress, row.progress) << why();
    EXPECT_EQ(code(), row.code);
    EXPECT_TRUE(result.broken);
  }
}

TEST_F(ClientContent, A250InTheMiddleIsNotBelieved) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        co_await peer.say("250 taken\r\n");
        peer.close();
      },
      sending(message));
  EXPECT_EQ(code(), 0);
  EXPECT_EQ(result.progress, Progress::content);
  EXPECT_TRUE(result.broken);
}

TEST_F(ClientContent, WhatIsNoReplyInTheMiddleIsNamed) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        co_await peer.say("HTTP/1.1 400 Bad Request\r\n");
        while (!is_done) {
          co_await peer.pause();
        }
      },
      sending(message));
  EXPECT_EQ(result.progress, Progress::content);
  ASSERT_TRUE(result.broken);
  EXPECT_THAT(result.broken->text(), HasSubstr("not an SMTP reply: 'HTTP/1.1"));
}

TEST_F(ClientContent, PeerThatStopsReadingIsATimeout) {
  timeouts.block = 50ms;
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  const Outgoing message = letter.outgoing();
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        while (!is_done) {
          co_await peer.pause();
        }
      },
      sending(message));
  EXPECT_EQ(result.progress, Progress::content);
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->code(), Errc::timeout) << why();
}

TEST_F(ClientContent, CancellationInTheMiddleEndsTheTransaction) {
  const std::string text = lines_of(16 << 20);
  const Letter letter(ann, {text});
  asio::cancellation_signal cancel;
  bool is_aborted = false;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        co_await peer.bytes(1000);
        cancel.emit(asio::cancellation_type::terminal);
        while (!is_done) {
          co_await peer.pause();
        }
      },
      [&, this](Client& client) -> asio::awaitable<void> {
        const auto task = [&, this]() -> asio::awaitable<void> {
          co_await start(client);
          result = co_await client.transact(letter.outgoing(), nullptr, 0);
        };
        try {
          co_await asio::co_spawn(co_await asio::this_coro::executor, task,
                                  asio::bind_cancellation_slot(cancel.slot(), asio::use_awaitable));
        } catch (const boost::system::system_error&) {
          is_aborted = true;
        }
        client.stream().close();
        is_done = true;
      });
  EXPECT_TRUE(is_aborted || result.broken);
}

TEST_F(ClientContent, LongLinesGoByBdatWhereThePeerHasIt) {
  const std::string text = "Subject: 1\r\n\r\n." + std::string(2000, 'x') + "\r\n.\r\n";
  const Letter letter(ann, {text});
  Outgoing message = letter.outgoing();
  message.has_long_lines = true;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-PIPELINING\r\n250-CHUNKING\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>"});
        EXPECT_TRUE(peer.is_quiet());
        co_await peer.say("250 ok\r\n250 ok\r\n");
        co_await peer.expect({"BDAT " + std::to_string(text.size()) + " LAST"});
        const std::string content = co_await peer.bytes(text.size());
        EXPECT_EQ(content, text);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n");
      },
      sending(message, &bob));
  EXPECT_EQ(code(), 250);
  EXPECT_EQ(result.progress, Progress::complete) << why();
}

TEST_F(ClientContent, LongBdatIsWholeTooAndItsVerdictIsHeard) {
  const std::string text = lines_of(4 << 20);
  const Letter letter(ann, {text});
  Outgoing message = letter.outgoing();
  message.has_long_lines = true;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-PIPELINING\r\n250-CHUNKING\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>"});
        co_await peer.say("250 ok\r\n250 ok\r\n");
        co_await peer.expect({"BDAT " + std::to_string(text.size()) + " LAST"});
        const std::string content = co_await peer.bytes(text.size());
        EXPECT_TRUE(content == text);
        co_await peer.say("250 ok\r\n");
      },
      sending(message));
  EXPECT_EQ(code(), 250);
  EXPECT_EQ(result.progress, Progress::complete) << why();
}

TEST_F(ClientContent, LongLinesGoByDataWhereThePeerHasNoBdat) {
  const std::string text = std::string(2000, 'x') + "\r\n";
  const Letter letter(ann, {text});
  Outgoing message = letter.outgoing();
  message.has_long_lines = true;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer);
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, text);
        co_await peer.say("250 ok\r\n");
      },
      sending(message));
  EXPECT_EQ(code(), 250);
}

TEST_F(ClientContent, BdatIsNotSentWithoutARecipientAndTheEnvelopeIsReset) {
  const Letter letter(ann, {"x\r\n"});
  Outgoing message = letter.outgoing();
  message.has_long_lines = true;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome("250-PIPELINING\r\n250-CHUNKING\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>"});
        co_await peer.say("250 ok\r\n550 unknown\r\n");
        co_await peer.expect({"RSET", "MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>"});
        co_await peer.say("250 ok\r\n451 later\r\n503 no\r\n");
      },
      [&, this](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        result = co_await client.transact(message, nullptr, 0);
        EXPECT_EQ(code(), 550);
        result = co_await client.transact(message, nullptr, 0);
      });
  EXPECT_EQ(code(), 451);
}

TEST_F(ClientContent, EnvelopeSentAheadKeepsItsDataAlthoughLinesAreLong) {
  const Letter letter(ann, {"one\r\n"});
  const Letter second(bob, {"two\r\n"});
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await take_envelope(peer, "250-PIPELINING\r\n250-CHUNKING\r\n");
        co_await peer.data();
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n" + std::string(kEnvelopeTaken));
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, "two\r\n");
        co_await peer.say("250 ok\r\n");
      },
      [&, this](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        result = co_await client.transact(letter.outgoing(), &bob, second.size());
        Outgoing message = second.outgoing();
        message.has_long_lines = true;
        result = co_await client.transact(message, nullptr, 0);
      });
  EXPECT_EQ(code(), 250);
}

}  // namespace
}  // namespace postrider::smtp
