#include <gmock/gmock.h>

#include "client_peer.h"

namespace postrider::smtp {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr std::string_view kPipelining = "250-PIPELINING\r\n";

std::vector<int> codes(const TransactionResult& result) {
  std::vector<int> found;
  for (const Reply& reply : result.recipients) {
    found.push_back(reply.code);
  }
  return found;
}

std::string why(const TransactionResult& result) {
  return result.broken ? result.broken->text() : "not broken";
}

class ClientTransaction : public ClientTest {
 protected:
  Envelope ann = envelope("shop@example.org", {"ann@example.net"});
  Envelope bob = envelope("shop@example.org", {"bob@example.net"});
  Envelope three =
      envelope("shop@example.org", {"ann@example.net", "bob@example.net", "cid@example.net"});
  Letter first{ann, {"Subject: 1\r\n\r\n", "one\r\n"}};
  Letter second{bob, {"Subject: 2\r\n\r\ntwo\r\n"}};
  Letter to_three{three, {"Subject: 3\r\n\r\nthree\r\n"}};
  TransactionResult result;
  TransactionResult next_result;

  /// A client that sends one message and leaves the result in `result`.
  Dialogue sending(const Letter& letter) {
    return [this, &letter](Client& client) -> asio::awaitable<void> {
      co_await start(client);
      result = co_await client.transact(letter.outgoing(), nullptr, 0);
    };
  }

  /// A client that sends `first` with the envelope of `second` behind it, and then `second`.
  Dialogue sending_both() {
    return [this](Client& client) -> asio::awaitable<void> {
      co_await start(client);
      result = co_await client.transact(first.outgoing(), &bob, second.size());
      next_result = co_await client.transact(second.outgoing(), nullptr, 0);
    };
  }
};

TEST_F(ClientTransaction, GoesInOneGroupAndOneContentWithPipelining) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 2.1.0 ok\r\n250 2.1.5 ok\r\n354 go\r\n");
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, "Subject: 1\r\n\r\none\r\n");
        co_await peer.say("250 2.0.0 queued as 17\r\n");
      },
      sending(first));
  ASSERT_THAT(codes(result), ElementsAre(250));
  EXPECT_EQ(result.recipients[0].enhanced, "2.0.0");
  EXPECT_EQ(result.recipients[0].text, "queued as 17");
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_FALSE(result.broken) << why(result);
  EXPECT_FALSE(result.closing);
}

TEST_F(ClientTransaction, IsLockStepWithoutPipelining) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome();
        for (const std::string_view command :
             {"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>"}) {
          co_await peer.expect({command});
          EXPECT_TRUE(peer.is_quiet());
          co_await peer.say("250 ok\r\n");
        }
        co_await peer.expect({"DATA"});
        EXPECT_TRUE(peer.is_quiet());
        co_await peer.say("354 go\r\n");
        co_await peer.data();
        EXPECT_TRUE(peer.is_quiet());
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>"});
        co_await peer.say("451 later\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(250));
  EXPECT_THAT(codes(next_result), ElementsAre(451));
  EXPECT_EQ(next_result.progress, Progress::complete);
}

TEST_F(ClientTransaction, IsLockStepWherePipeliningIsForgone) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>"});
        EXPECT_TRUE(peer.is_quiet());
        co_await peer.say("550 no\r\n");
      },
      [this](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        client.forgo_pipelining();
        result = co_await client.transact(first.outgoing(), nullptr, 0);
      });
  EXPECT_THAT(codes(result), ElementsAre(550));
}

TEST_F(ClientTransaction, SendsTheNextEnvelopeBehindTheDot) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 first\r\n");
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, "Subject: 2\r\n\r\ntwo\r\n");
        co_await peer.say("250 second\r\n");
      },
      sending_both());
  EXPECT_EQ(result.recipients[0].text, "first");
  EXPECT_EQ(next_result.recipients[0].text, "second");
  EXPECT_EQ(next_result.progress, Progress::complete);
}

TEST_F(ClientTransaction, TheNextEnvelopeSurvivesTheRefusalOfThisMessage) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("554 5.7.1 spam\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(554));
  EXPECT_THAT(codes(next_result), ElementsAre(250));
}

TEST_F(ClientTransaction, RefusedMailSettlesAllAndNeedsNoReset) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("550 5.7.1 go away\r\n503 no\r\n503 no\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(550));
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_THAT(codes(next_result), ElementsAre(250));
}

TEST_F(ClientTransaction, GoesOnWithTheRecipientsThatAreLeft) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>",
                              "RCPT TO:<bob@example.net>", "RCPT TO:<cid@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n550 5.1.1 unknown\r\n250 ok\r\n452 4.2.2 full\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 taken\r\n");
      },
      sending(to_three));
  EXPECT_THAT(codes(result), ElementsAre(550, 250, 452));
  EXPECT_EQ(result.progress, Progress::complete);
}

TEST_F(ClientTransaction, A354WithoutRecipientsGetsALoneDot) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n550 unknown\r\n354 go\r\n");
        const std::string content = co_await peer.data();
        EXPECT_EQ(content, "");
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("554 no valid recipients\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(550));
  EXPECT_THAT(codes(next_result), ElementsAre(250));
}

TEST_F(ClientTransaction, AllRecipientsRefusedInLockStepIsNoDataAndThenAReset) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome();
        co_await peer.expect({"MAIL FROM:<shop@example.org>"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"RCPT TO:<ann@example.net>"});
        co_await peer.say("550 unknown\r\n");
        co_await peer.expect({"RSET"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"MAIL FROM:<shop@example.org>"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"RCPT TO:<bob@example.net>"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"DATA"});
        co_await peer.say("354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(550));
  EXPECT_THAT(codes(next_result), ElementsAre(250));
}

TEST_F(ClientTransaction, RefusedDataSettlesTheAcceptedAndIsResetInTheNextGroup) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n451 4.3.0 not now\r\n");
        co_await peer.expect(
            {"RSET", "MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(451));
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_THAT(codes(next_result), ElementsAre(250));
}

TEST_F(ClientTransaction, A421EndsItWhereverItComes) {
  struct Case {
    std::string_view replies;
    std::vector<int> codes;
    Progress progress;
  };
  const Case cases[] = {
      {"421 bye\r\n", {421, 421, 421}, Progress::nothing},
      {"250 ok\r\n550 no\r\n250 ok\r\n421 bye\r\n", {550, 421, 421}, Progress::complete},
      {"250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n421 bye\r\n", {550, 421, 421}, Progress::complete},
      {"250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n354 go\r\n421 bye\r\n",
       {550, 421, 421},
       Progress::complete},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.replies);
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.welcome(kPipelining);
          co_await peer.expect({"MAIL FROM:<shop@example.org>"});
          co_await peer.say(std::string(row.replies));
          peer.stream().close();
        },
        sending(to_three));
    EXPECT_EQ(codes(result), row.codes);
    EXPECT_EQ(result.progress, row.progress);
    EXPECT_TRUE(result.closing);
    EXPECT_FALSE(result.broken) << why(result);
  }
}

TEST_F(ClientTransaction, A421ToTheMessageIsAVerdict) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("421 4.3.2 going down\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(421));
  EXPECT_TRUE(result.closing);
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_THAT(codes(next_result), ElementsAre(0));
  EXPECT_EQ(next_result.progress, Progress::nothing);
  EXPECT_TRUE(next_result.broken);
}

TEST_F(ClientTransaction, BrokenConnectionSaysHowFarItCame) {
  struct Case {
    std::string_view name;
    std::string_view replies;
    bool reads_content;
    Progress progress;
    std::vector<int> codes;
  };
  const Case cases[] = {
      {"before MAIL is answered", "", false, Progress::nothing, {0, 0, 0}},
      {"after MAIL", "250 ok\r\n", false, Progress::envelope, {0, 0, 0}},
      {"after a RCPT", "250 ok\r\n550 no\r\n", false, Progress::envelope, {550, 0, 0}},
      {"after the dot",
       "250 ok\r\n550 no\r\n250 ok\r\n250 ok\r\n354 go\r\n",
       true,
       Progress::unconfirmed,
       {550, 0, 0}},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.welcome(kPipelining);
          co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>",
                                "RCPT TO:<bob@example.net>", "RCPT TO:<cid@example.net>", "DATA"});
          co_await peer.say(std::string(row.replies));
          if (row.reads_content) {
            co_await peer.data();
          }
          peer.close();
        },
        sending(to_three));
    EXPECT_EQ(result.progress, row.progress);
    EXPECT_EQ(codes(result), row.codes);
    ASSERT_TRUE(result.broken);
    EXPECT_EQ(result.broken->code(), Errc::closed) << why(result);
  }
}

TEST_F(ClientTransaction, PeerThatLeavesBetweenTwoMessagesTookNothingOfTheNext) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n");
        peer.close();
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(250));
  EXPECT_EQ(result.progress, Progress::complete);
  EXPECT_FALSE(result.broken) << why(result);
  EXPECT_EQ(next_result.progress, Progress::nothing);
  ASSERT_TRUE(next_result.broken);
  EXPECT_EQ(next_result.broken->code(), Errc::closed);
  EXPECT_THAT(codes(next_result), ElementsAre(0));
}

TEST_F(ClientTransaction, PeerThatSays421BetweenTwoMessagesTookNothingOfTheNext) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n421 20 messages are enough\r\n");
        peer.close();
      },
      [this](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        result = co_await client.transact(first.outgoing(), nullptr, 0);
        next_result = co_await client.transact(second.outgoing(), nullptr, 0);
      });
  EXPECT_THAT(codes(result), ElementsAre(250));
  EXPECT_TRUE(next_result.closing);
  EXPECT_EQ(next_result.progress, Progress::nothing);
}

TEST_F(ClientTransaction, RepliesThatDoNotBelongEndTheConnection) {
  struct Case {
    std::string_view name;
    std::string_view replies;
    Progress progress;
  };
  const Case cases[] = {
      {"354 to MAIL", "354 go\r\n", Progress::envelope},
      {"250 to DATA", "250 ok\r\n250 ok\r\n250 ok\r\n", Progress::envelope},
      {"a reply before the content", "250 ok\r\n250 ok\r\n354 go\r\n250 taken\r\n",
       Progress::content},
      {"no reply at all", "hello there\r\n", Progress::nothing},
      {"the code changes", "250-ok\r\n251 ok\r\n", Progress::nothing},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.welcome(kPipelining);
          co_await peer.expect(
              {"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
          co_await peer.say(std::string(row.replies));
        },
        sending(first));
    ASSERT_TRUE(result.broken);
    EXPECT_EQ(result.broken->code(), Errc::invalid) << why(result);
    EXPECT_EQ(result.progress, row.progress);
    EXPECT_THAT(codes(result), ElementsAre(0));
  }
}

TEST_F(ClientTransaction, OneReplyTooManyIsNotTakenForTheNextMessage) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome();
        co_await peer.expect({"MAIL FROM:<shop@example.org>"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"RCPT TO:<ann@example.net>"});
        co_await peer.say("250 ok\r\n");
        co_await peer.expect({"DATA"});
        co_await peer.say("354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n250 and again\r\n");
      },
      sending_both());
  EXPECT_THAT(codes(result), ElementsAre(250));
  EXPECT_EQ(next_result.progress, Progress::nothing);
  ASSERT_TRUE(next_result.broken);
  EXPECT_EQ(next_result.broken->code(), Errc::invalid);
}

TEST_F(ClientTransaction, EndlessReplyIsInvalid) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        std::string lines;
        for (int i = 0; i < 1000; ++i) {
          lines += "250-and then\r\n";
        }
        co_await peer.say(lines);
      },
      sending(first));
  ASSERT_TRUE(result.broken);
  EXPECT_EQ(result.broken->code(), Errc::invalid) << why(result);
}

TEST_F(ClientTransaction, ReplyInManyLinesIsOne) {
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n550-5.1.1 no\r\n550-5.1.1 such\r\n");
        co_await peer.say("550 5.1.1 user\r\n503 nobody\r\n");
      },
      sending(first));
  ASSERT_THAT(codes(result), ElementsAre(550));
  EXPECT_EQ(result.recipients[0].text, "no\nsuch\nuser");
}

TEST_F(ClientTransaction, EachPhaseHasItsOwnLimit) {
  struct Case {
    std::string_view name;
    std::chrono::milliseconds ClientTimeouts::* limit;
    std::string_view replies;
    std::string_view words;
    Progress progress;
  };
  const Case cases[] = {
      {"mail", &ClientTimeouts::mail, "", "reply to MAIL", Progress::nothing},
      {"recipient", &ClientTimeouts::recipient, "250 ok\r\n25", "reply to RCPT",
       Progress::envelope},
      {"data", &ClientTimeouts::data, "250 ok\r\n250 ok\r\n", "reply to DATA", Progress::envelope},
      {"dot", &ClientTimeouts::dot, "250 ok\r\n250 ok\r\n354 go\r\n", "reply to the message",
       Progress::unconfirmed},
  };
  for (const Case& row : cases) {
    SCOPED_TRACE(row.name);
    timeouts = ClientTimeouts{};
    timeouts.*row.limit = 30ms;
    converse(
        [&](Peer& peer) -> asio::awaitable<void> {
          co_await peer.welcome(kPipelining);
          co_await peer.expect({"MAIL FROM:<shop@example.org>"});
          co_await peer.say(std::string(row.replies));
          while (co_await peer.line() != "(end)") {
          }
        },
        [&, this](Client& client) -> asio::awaitable<void> {
          co_await start(client);
          result = co_await client.transact(first.outgoing(), nullptr, 0);
          co_await client.quit();
        });
    ASSERT_TRUE(result.broken);
    EXPECT_EQ(result.broken->code(), Errc::timeout);
    EXPECT_THAT(why(result), HasSubstr(row.words));
    EXPECT_EQ(result.progress, row.progress);
  }
}

TEST_F(ClientTransaction, QuitWithAnEnvelopeSentAheadSendsNothingThatCouldBeContent) {
  std::string last;
  converse(
      [&](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<ann@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n250 ok\r\n354 go\r\n");
        co_await peer.data();
        co_await peer.expect({"MAIL FROM:<shop@example.org>", "RCPT TO:<bob@example.net>", "DATA"});
        co_await peer.say("250 ok\r\n");
        last = co_await peer.line();
      },
      [this](Client& client) -> asio::awaitable<void> {
        co_await start(client);
        result = co_await client.transact(first.outgoing(), &bob, second.size());
        co_await client.quit();
      });
  EXPECT_THAT(codes(result), ElementsAre(250));
  EXPECT_EQ(last, "(end)");
}

TEST_F(ClientTransaction, ManyRecipientsWithLongRepliesDoNotBlockBothSides) {
  // 3,000 commands are 105 KB, their replies 6 MB: sent in one go, they would fill all buffers.
  sizes = {
      .client_send = 4096, .client_receive = 65536, .peer_send = 1 << 20, .peer_receive = 4096};
  Envelope many = envelope("shop@example.org", {});
  for (int i = 0; i < 3000; ++i) {
    many.recipients.emplace_back().address = {.local = "user" + std::to_string(i),
                                              .domain = "a.example"};
  }
  const Letter letter(many, {"Subject: 1\r\n\r\n"});
  converse(
      [](Peer& peer) -> asio::awaitable<void> {
        co_await peer.welcome(kPipelining);
        while (true) {
          const std::string line = co_await peer.line();
          if (line == "DATA") {
            break;
          }
          co_await peer.say("250 " + std::string(2000, 'x') + "\r\n");
        }
        co_await peer.say("354 go\r\n");
        co_await peer.data();
        co_await peer.say("250 ok\r\n");
      },
      sending(letter));
  EXPECT_EQ(result.progress, Progress::complete) << why(result);
  EXPECT_EQ(result.recipients.back().code, 250);
}

}  // namespace
}  // namespace postrider::smtp
