// DATA and BDAT: what becomes of a message's content.
#include <algorithm>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "session_harness.h"

namespace postrider::smtp {
namespace {

const std::string kBegin = "HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n";
const std::string kBegun = "250 mx.test\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n";
const std::string kGo = "354 end with <CRLF>.<CRLF>\r\n";
const std::string kQueued = "250 2.0.0 queued\r\n";

TEST(SessionContent, EveryFormOfSmugglingIsRefusedAndClosesTheConnection) {
  const std::string second =
      "MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@b.example>\r\nDATA\r\n"
      "smuggled\r\n.\r\n";
  for (const std::string end : {"\n.\n", "\n.\r\n", "\r\n.\n", "\r.\r", "\r\n.\r", "\r.\r\n",
                                "\n.\r", "\r.\n", "\r\r\n.\r\n", "\r\n.\r\r\n", "\n", "\r", "\n\n",
                                "\n\n.\r\n", "\r\n\n.\r\n", "\r\n.\r.\r\n"}) {
    Script script;
    const std::string output =
        converse(open_options(), script, kBegin + "DATA\r\nfirst" + end + second + "QUIT\r\n");
    EXPECT_EQ(output, kBegun + kGo + "554 5.6.0 lines must end in CRLF\r\n")
        << testing::PrintToString(end);
    EXPECT_TRUE(script.accepted.empty()) << testing::PrintToString(end);
    EXPECT_EQ(script.why_ended, "a bare CR or LF in DATA");
  }
}

TEST(SessionContent, BadContentIsRefusedAndTheSessionGoesOn) {
  struct Row {
    std::string content;
    std::string reply;
  };
  std::string loop;
  for (int i = 0; i < 4; ++i) {
    loop += "Received: from x\r\n";
  }
  for (const Row& row :
       {Row{std::string("a\0b", 3), "554 5.6.0 the message contains a NUL character\r\n"},
        Row{std::string(120, 'x'), "554 5.6.0 a line of the message is longer than 100 bytes\r\n"},
        Row{loop, "554 5.4.6 the message has passed more than 3 servers: it is in a loop\r\n"}}) {
    ServerOptions options = open_options();
    options.line_bytes_max = 100;
    options.hops_max = 3;
    for (const bool chunked : {false, true}) {
      Script script;
      const std::string content = row.content + "\r\n";
      const std::string output =
          converse(options, script,
                   kBegin +
                       (chunked ? "BDAT " + std::to_string(content.size()) + " LAST\r\n" + content
                                : "DATA\r\n" + content + ".\r\n") +
                       "MAIL FROM:<>\r\n");
      EXPECT_EQ(output, kBegun + (chunked ? "" : kGo) + row.reply + "250 2.1.0 ok\r\n");
      EXPECT_TRUE(script.accepted.empty());
    }
  }
}

// Whatever ends a transaction without a message: the handler may hold something for it.
TEST(SessionContent, TheHandlerHearsOfATransactionThatComesToNothing) {
  const std::string nul("DATA\r\n\0\r\n.\r\n", 12);
  for (const std::string& end :
       {std::string("RSET\r\n"), std::string("EHLO c\r\n"), nul,
        "DATA\r\n" + std::string(70, 'x') + "\r\n.\r\n",
        std::string("BDAT 70 LAST\r\n" + std::string(70, 'x')), std::string("BDAT 1 LAST\r\n\n")}) {
    Script script;
    ServerOptions options = open_options();
    options.message_bytes_max = 60;
    converse(options, script, kBegin + end);
    ASSERT_GE(script.calls.size(), 2U);
    EXPECT_EQ(script.calls[script.calls.size() - 2], "reset") << end;
  }
  Script script;
  converse(open_options(), script, "RSET\r\nHELO c\r\nRSET\r\n" + kBegin + "DATA\r\n.\r\nRSET\r\n");
  EXPECT_EQ(std::ranges::count(script.calls, "reset"), 0);
}

TEST(SessionContent, ATooLongMessageIsReadToItsEnd) {
  Script script;
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  EXPECT_EQ(converse(options, script,
                     kBegin + "DATA\r\n" + std::string(999, 'x') + "\r\n.\r\nMAIL FROM:<>\r\n"),
            kBegun + kGo + "552 5.3.4 the message may have 1000 bytes\r\n250 2.1.0 ok\r\n");
  EXPECT_TRUE(script.accepted.empty());
}

TEST(SessionContent, AMessageOfExactlyTheLimitIsTaken) {
  Script script;
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  EXPECT_EQ(converse(options, script, kBegin + "DATA\r\n" + std::string(998, 'x') + "\r\n.\r\n"),
            kBegun + kGo + kQueued);
}

TEST(SessionContent, AnEndlessMessageIsCutOff) {
  Script script;
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  const std::string output =
      converse(options, script, kBegin + "DATA\r\n" + std::string(2 << 20, 'x'));
  EXPECT_EQ(output, kBegun + kGo + "552 5.3.4 the message may have 1000 bytes\r\n");
  EXPECT_EQ(script.why_ended, "an endless message");
}

TEST(SessionContent, SizeIsRefusedBeforeTheContent) {
  Script script;
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  for (const char* size : {"1001", "99999999999999999999999"}) {
    const std::string output =
        converse(options, script, "EHLO c\r\nMAIL FROM:<> SIZE=" + std::string(size) + "\r\n");
    EXPECT_TRUE(output.ends_with("\r\n552 5.3.4 the message may have 1000 bytes\r\n")) << output;
  }
}

TEST(SessionContent, ALargeMessageArrivesWhole) {
  Script script;
  std::string content = "\r\n";
  std::string stuffed = content;
  while (content.size() < 3 << 20) {
    const std::string line = "line " + std::to_string(content.size()) + " of a long message\r\n";
    content += line + ".dot\r\n";
    stuffed += line + "..dot\r\n";
  }
  EXPECT_EQ(converse(open_options(), script, kBegin + "DATA\r\n" + stuffed + ".\r\n"),
            kBegun + kGo + kQueued);
  ASSERT_EQ(script.accepted.size(), 1U);
  EXPECT_TRUE(script.accepted[0].content == content);
}

TEST(SessionContent, ChunksMakeOneMessage) {
  Script script;
  EXPECT_EQ(converse(open_options(), script,
                     kBegin + "BDAT 7\r\n.\r\na\r\nbBDAT 0\r\nBDAT 3 LAST\r\nc\r\nQUIT\r\n"),
            kBegun + "250 2.0.0 7 bytes received\r\n250 2.0.0 0 bytes received\r\n" + kQueued +
                "221 2.0.0 mx.test closes the connection\r\n");
  ASSERT_EQ(script.accepted.size(), 1U);
  EXPECT_EQ(script.accepted[0].content, ".\r\na\r\nbc\r\n");
  EXPECT_EQ(script.calls, (std::vector<std::string>{"connected", "mail ", "recipient a@b.example",
                                                    "data", "message", "ended"}));
}

struct ChunkRow {
  const char* name;
  std::string input;
  std::string output;
  std::size_t accepted = 0;
};

TEST(SessionContent, ChunkReplies) {
  const std::string first_refused = "503 5.5.1 a chunk before this one was refused: say RSET\r\n";
  const std::string too_long = "552 5.3.4 the message may have 1000 bytes\r\n";
  const std::string x600 = std::string(598, 'x') + "\r\n";
  const std::vector<ChunkRow> rows{
      {"EmptyMessage", kBegin + "BDAT 0 LAST\r\n", kBegun + kQueued, 1},
      {"LastInLowerCase", kBegin + "bdat 3 last\r\na\r\n", kBegun + kQueued, 1},
      {"MissingEndOfLineIsAdded", kBegin + "BDAT 1 LAST\r\na", kBegun + kQueued, 1},
      {"BareLf", kBegin + "BDAT 3 LAST\r\na\nbNOOP\r\n",
       kBegun + "554 5.6.0 lines must end in CRLF\r\n250 2.0.0 ok\r\n"},
      {"BareCrAtTheEnd", kBegin + "BDAT 2 LAST\r\na\rNOOP\r\n",
       kBegun + "554 5.6.0 lines must end in CRLF\r\n250 2.0.0 ok\r\n"},
      {"BareLfBetweenChunks", kBegin + "BDAT 1\r\naBDAT 2 LAST\r\n\nbNOOP\r\n",
       kBegun +
           "250 2.0.0 1 bytes received\r\n554 5.6.0 lines must end in CRLF\r\n250 2.0.0 ok\r\n"},
      {"CrlfAcrossChunks", kBegin + "BDAT 2\r\na\rBDAT 1 LAST\r\n\n",
       kBegun + "250 2.0.0 2 bytes received\r\n" + kQueued, 1},
      {"WithoutTransactionItsBytesAreDiscarded", "HELO c\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n",
       "250 mx.test\r\n503 5.5.1 say MAIL first\r\n250 2.0.0 ok\r\n"},
      {"WithoutRecipientsItsBytesAreDiscarded",
       "HELO c\r\nMAIL FROM:<>\r\nBDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nMAIL FROM:<>\r\n",
       "250 mx.test\r\n250 2.1.0 ok\r\n554 5.5.1 no valid recipients\r\n" + first_refused +
           "250 2.1.0 ok\r\n"},
      {"AboveTheLimitInTwoChunks",
       kBegin + "BDAT 600\r\n" + x600 + "BDAT 600\r\n" + x600 + "BDAT 600 LAST\r\n" + x600 +
           "MAIL FROM:<>\r\n",
       kBegun + "250 2.0.0 600 bytes received\r\n" + too_long + first_refused + "250 2.1.0 ok\r\n"},
      {"FarAboveTheLimit", kBegin + "BDAT 99999999\r\nNOOP\r\n", kBegun + too_long},
      {"MalformedSize", kBegin + "BDAT x\r\nNOOP\r\n",
       kBegun + "501 5.5.4 BDAT: a number of bytes, and LAST, are expected\r\n"},
      {"NegativeSize", kBegin + "BDAT -1\r\nNOOP\r\n",
       kBegun + "501 5.5.4 BDAT: a number of bytes, and LAST, are expected\r\n"},
      {"NoSize", kBegin + "BDAT LAST\r\nNOOP\r\n",
       kBegun + "501 5.5.4 BDAT: a number of bytes, and LAST, are expected\r\n"},
      {"DataAfterBdat", kBegin + "BDAT 1\r\naDATA\r\n",
       kBegun + "250 2.0.0 1 bytes received\r\n503 5.5.1 BDAT has begun\r\n"},
      {"RcptAfterBdat", kBegin + "BDAT 1\r\naRCPT TO:<c@b.example>\r\n",
       kBegun + "250 2.0.0 1 bytes received\r\n503 5.5.1 the content has begun\r\n"},
      {"MailAfterBdat", kBegin + "BDAT 1\r\naMAIL FROM:<>\r\n",
       kBegun + "250 2.0.0 1 bytes received\r\n503 5.5.1 a transaction is open already\r\n"},
      {"RsetAfterBdat", kBegin + "BDAT 1\r\naRSET\r\nMAIL FROM:<>\r\n",
       kBegun + "250 2.0.0 1 bytes received\r\n250 2.0.0 ok\r\n250 2.1.0 ok\r\n"},
  };
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  for (const ChunkRow& row : rows) {
    Script script;
    EXPECT_EQ(converse(options, script, row.input), row.output) << row.name;
    EXPECT_EQ(script.accepted.size(), row.accepted) << row.name;
    if (row.accepted == 1 && !script.accepted[0].content.empty()) {
      EXPECT_EQ(script.accepted[0].content, "a\r\n") << row.name;
    }
  }
}

TEST(SessionContent, AHandlersRefusalDiscardsTheChunks) {
  Script script;
  script.data = {.code = 451, .enhanced = "4.3.0", .text = "not now", .close = false};
  EXPECT_EQ(converse(open_options(), script,
                     kBegin + "BDAT 6\r\nQUIT\r\nBDAT 6 LAST\r\nQUIT\r\nNOOP\r\n"),
            kBegun + "451 4.3.0 not now\r\n503 5.5.1 say MAIL first\r\n250 2.0.0 ok\r\n");
}

// Whatever the cuts between packets, the replies are the same.
TEST(SessionContent, TheCutOfTheInputDoesNotMatter) {
  const std::string input = kBegin +
                            "DATA\r\na\r\n..b\r\n.\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n" +
                            "BDAT 3\r\nx\r\nBDAT 3 LAST\r\ny\r\nQUIT\r\n";
  const std::string want = kBegun + kGo + kQueued + "250 2.1.0 ok\r\n250 2.1.5 ok\r\n" +
                           "250 2.0.0 3 bytes received\r\n" + kQueued +
                           "221 2.0.0 mx.test closes the connection\r\n";
  for (std::size_t cut = 1; cut < input.size(); ++cut) {
    Script script;
    std::string output;
    run_session(open_options(), script,
                [&](Peer& peer, auto& /*stop*/) -> boost::asio::awaitable<void> {
                  co_await peer.reply();
                  co_await peer.send(input.substr(0, cut));
                  co_await let_session_run();
                  co_await peer.send(input.substr(cut));
                  output = co_await peer.everything();
                });
    ASSERT_EQ(output, want) << "cut at " << cut;
    ASSERT_EQ(script.accepted.size(), 2U);
    ASSERT_EQ(script.accepted[0].content, "a\r\n.b\r\n");
    ASSERT_EQ(script.accepted[1].content, "x\r\ny\r\n");
  }
}

// One read, one write: a pipelined group costs one packet in each direction.
TEST(SessionContent, RepliesToAGroupComeTogether) {
  Script script;
  run_session(
      open_options(), script, [&](Peer& peer, auto& /*stop*/) -> boost::asio::awaitable<void> {
        co_await peer.reply();
        co_await peer.send(kBegin + "DATA\r\n");
        const auto filled = co_await peer.stream().fill(net::within(std::chrono::seconds(10)));
        EXPECT_TRUE(filled);
        EXPECT_EQ(peer.stream().buffered(), kBegun + kGo);
      });
}

}  // namespace
}  // namespace postrider::smtp
