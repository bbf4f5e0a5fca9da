// What ends: budgets of errors, lines and time, and sessions that are told to stop.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include "session_harness.h"

namespace postrider::smtp {
namespace {

using boost::asio::awaitable;
using boost::asio::cancellation_signal;
using boost::asio::cancellation_type;
using std::chrono::milliseconds;

const std::string kBegin = "HELO c\r\nMAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n";
const std::string kTooMany = "421 4.7.0 mx.test has seen too many errors\r\n";
const std::string kStops = "421 4.3.2 mx.test is going down, try again soon\r\n";
const std::string kWaited = "421 4.4.2 mx.test waited too long\r\n";

std::string repeat(const std::string& text, int times) {
  std::string out;
  for (int i = 0; i < times; ++i) {
    out += text;
  }
  return out;
}

TEST(SessionLimits, ErrorsEndTheSession) {
  Script script;
  ServerOptions options = open_options();
  options.errors_max = 3;
  EXPECT_EQ(converse(options, script, repeat("FOO\r\n", 10)),
            repeat("500 5.5.2 command not recognized\r\n", 3) + kTooMany);
  EXPECT_EQ(script.why_ended, "too many errors");
}

TEST(SessionLimits, IdleCommandsBecomeErrors) {
  Script script;
  ServerOptions options = open_options();
  options.errors_max = 3;
  EXPECT_EQ(converse(options, script, repeat("NOOP\r\n", 200)),
            repeat("250 2.0.0 ok\r\n", 103) + kTooMany);
}

TEST(SessionLimits, IdleCommandsAreForgivenForEachMessage) {
  Script script;
  ServerOptions options = open_options();
  options.errors_max = 0;
  const std::string message = "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\nRSET\r\n";
  const std::string output = converse(options, script, "HELO c\r\n" + repeat(message, 150));
  EXPECT_EQ(script.accepted.size(), 150U);
  EXPECT_EQ(output.find("421"), std::string::npos);
}

TEST(SessionLimits, WhoTalksBeforeTheGreetingSpendsAnError) {
  ServerOptions options = open_options();
  options.errors_max = 1;
  for (const bool early : {false, true}) {
    Script script;
    run_session(
        options, script,
        [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
          EXPECT_EQ(co_await peer.reply(), "220 mx.test ESMTP\r\n");
          if (early) {
            EXPECT_EQ(co_await peer.reply(), "250 2.0.0 ok\r\n");
          }
          EXPECT_EQ(co_await peer.ask("FOO"),
                    early ? kTooMany : "500 5.5.2 command not recognized\r\n");
        },
        early ? "NOOP\r\n" : "");
  }
}

TEST(SessionLimits, ALongLineIsDiscardedAndRefusedOnce) {
  Script script;
  ServerOptions options = open_options();
  options.command_bytes_max = 100;
  EXPECT_EQ(converse(options, script,
                     "NOOP " + std::string(93, 'x') + "\r\nNOOP " + std::string(94, 'x') +
                         "\r\nNOOP " + std::string(50000, 'x') + "\r\nNOOP\r\n"),
            "250 2.0.0 ok\r\n500 5.5.2 line too long\r\n500 5.5.2 line too long\r\n"
            "250 2.0.0 ok\r\n");
}

TEST(SessionLimits, ALongLineMustEndInCrlfToo) {
  Script script;
  EXPECT_EQ(converse(open_options(), script, "NOOP " + std::string(9000, 'x') + "\nNOOP\r\n"),
            "500 5.5.2 lines must end in CRLF\r\n");
}

// The LF comes alone, in a packet of its own.
TEST(SessionLimits, ALongLinesEndMayBeCutInTwo) {
  for (const bool bare : {false, true}) {
    Script script;
    run_session(open_options(), script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
      co_await peer.reply();
      co_await peer.send("NOOP " + std::string(9000, 'x') + (bare ? "x" : "\r"));
      co_await let_session_run();
      co_await peer.send("\n");
      EXPECT_EQ(co_await peer.reply(),
                bare ? "500 5.5.2 lines must end in CRLF\r\n" : "500 5.5.2 line too long\r\n");
    });
  }
}

// A client in the middle of sending is not reset, so that it can read why.
TEST(SessionLimits, WhoIsRefusedMayFinishSending) {
  Script script;
  run_session(open_options(), script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    EXPECT_EQ(co_await peer.ask("NOOP\n"), "500 5.5.2 lines must end in CRLF\r\n");
    for (int i = 0; i < 3; ++i) {
      const Result<> sent =
          co_await peer.stream().write("further", net::within(std::chrono::seconds(10)));
      EXPECT_TRUE(sent);
      co_await let_session_run();
    }
  });
}

TEST(SessionLimits, AnEndlessLineEndsTheSession) {
  Script script;
  EXPECT_EQ(converse(open_options(), script, std::string(1 << 20, 'x')),
            "500 5.5.2 line too long\r\n");
  EXPECT_EQ(script.why_ended, "an endless line");
}

TEST(SessionLimits, RecipientsOfATransaction) {
  Script script;
  ServerOptions options = open_options();
  options.recipients_max = 2;
  EXPECT_EQ(
      converse(options, script, kBegin + repeat("RCPT TO:<a@b.example>\r\n", 2) + "DATA\r\n.\r\n"),
      "250 mx.test\r\n250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n"
      "452 4.5.3 too many recipients\r\n354 end with <CRLF>.<CRLF>\r\n250 2.0.0 queued\r\n");
  ASSERT_EQ(script.accepted.size(), 1U);
  EXPECT_EQ(script.accepted[0].envelope.recipients.size(), 2U);
}

TEST(SessionLimits, RefusedRecipientsOfATransaction) {
  Script script;
  script.recipients["a"] = {.code = 550, .enhanced = "5.1.1", .text = "no", .close = false};
  ServerOptions options = open_options();
  options.recipients_max = 4;
  options.errors_max = 2;
  EXPECT_EQ(converse(options, script, kBegin + repeat("RCPT TO:<a@b.example>\r\n", 20)),
            "250 mx.test\r\n250 2.1.0 ok\r\n" + repeat("550 5.1.1 no\r\n", 6) + kTooMany);
}

TEST(SessionLimits, WhatTheHandlerRefusesForGoodSpendsAnError) {
  Script script;
  script.mail = {.code = 550, .enhanced = "5.7.1", .text = "not you", .close = false};
  ServerOptions options = open_options();
  options.errors_max = 2;
  EXPECT_EQ(converse(options, script, "HELO c\r\n" + repeat("MAIL FROM:<>\r\n", 10)),
            "250 mx.test\r\n" + repeat("550 5.7.1 not you\r\n", 2) + kTooMany);
  script.mail = {.code = 452, .enhanced = "4.3.1", .text = "not now", .close = false};
  EXPECT_EQ(converse(options, script, "HELO c\r\n" + repeat("MAIL FROM:<>\r\n", 10)),
            "250 mx.test\r\n" + repeat("452 4.3.1 not now\r\n", 10));
}

TEST(SessionLimits, AMessageThatIsTooLongSpendsAnError) {
  ServerOptions options = open_options();
  options.errors_max = 1;
  options.message_bytes_max = 10;
  for (const std::string& content : {"DATA\r\n" + std::string(20, 'x') + "\r\n.\r\n",
                                     "BDAT 20 LAST\r\n" + std::string(20, 'x')}) {
    Script script;
    const std::string output =
        converse(options, script, kBegin + content + kBegin + content + "NOOP\r\n");
    EXPECT_NE(output.find("552 5.3.4"), std::string::npos) << output;
    EXPECT_TRUE(output.ends_with(kTooMany)) << output;
  }
}

TEST(SessionLimits, RecipientsAboveTheLimitSpendErrorsInTheEnd) {
  Script script;
  ServerOptions options = open_options();
  options.recipients_max = 2;
  options.errors_max = 1;
  EXPECT_EQ(converse(options, script, kBegin + repeat("RCPT TO:<a@b.example>\r\n", 20)),
            "250 mx.test\r\n250 2.1.0 ok\r\n" + repeat("250 2.1.5 ok\r\n", 2) +
                repeat("452 4.5.3 too many recipients\r\n", 3) + kTooMany);
}

TEST(SessionLimits, TransactionsOfASession) {
  Script script;
  ServerOptions options = open_options();
  options.transactions_max = 1;
  EXPECT_EQ(converse(options, script, "HELO c\r\nMAIL FROM:<>\r\nRSET\r\nMAIL FROM:<>\r\n"),
            "250 mx.test\r\n250 2.1.0 ok\r\n250 2.0.0 ok\r\n"
            "421 4.7.0 enough messages for one session\r\n");
}

TEST(SessionLimits, ASilentClientIsTold) {
  Script script;
  ServerOptions options = open_options();
  options.timeouts.command = milliseconds(30);
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    EXPECT_EQ(co_await peer.ask("NOOP"), "250 2.0.0 ok\r\n");
    EXPECT_EQ(co_await peer.everything(), kWaited);
  });
  EXPECT_EQ(script.why_ended, "time-out in waiting for a command");
}

TEST(SessionLimits, ASilentClientUnderTlsIsTold) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  options.implicit_tls = true;
  options.timeouts.command = milliseconds(30);
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    EXPECT_TRUE(co_await peer.start_tls());
    co_await peer.reply();
    EXPECT_EQ(co_await peer.everything(), kWaited);
  });
}

// The limit is for the line, not for each byte of it.
TEST(SessionLimits, AClientThatDripsIsTold) {
  Script script;
  ServerOptions options = open_options();
  options.timeouts.command = milliseconds(30);
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    std::string got;
    while (got.empty() && peer.stream().is_open()) {
      co_await peer.send("x");
      const Result<> more = co_await peer.stream().fill(net::within(milliseconds(1)));
      got = peer.stream().buffered();
    }
    EXPECT_EQ(got, kWaited);
  });
}

TEST(SessionLimits, AClientThatStopsWithinTheContentIsTold) {
  for (const bool block : {false, true}) {
    Script script;
    ServerOptions options = open_options();
    (block ? options.timeouts.data_block : options.timeouts.data) = milliseconds(30);
    run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
      co_await peer.reply();
      co_await peer.send(kBegin + "DATA\r\nSubject: x\r\n");
      const std::string got = co_await peer.everything();
      EXPECT_TRUE(got.ends_with(">\r\n" + kWaited)) << got;
    });
    EXPECT_EQ(script.why_ended, "time-out in DATA");
  }
}

TEST(SessionLimits, AContentForWhichThereIsNoMemoryIsReadAndRefused) {
  const std::string body = repeat(std::string(98, 'x') + "\r\n", 1000);
  const std::string refused =
      "452 4.3.1 there is no memory for the message now, try again later\r\n";
  const std::string by_data = "DATA\r\n" + body + ".\r\nNOOP\r\n";
  const std::string by_chunk = "BDAT 100000 LAST\r\n" + body + "NOOP\r\n";
  for (const std::string& sent : {by_data, by_chunk}) {
    Script script;
    script.has_memory = false;
    const std::string said = converse(open_options(), script, kBegin + sent);
    EXPECT_TRUE(said.ends_with(refused + "250 2.0.0 ok\r\n")) << said;
    EXPECT_TRUE(script.accepted.empty());
  }
}

TEST(SessionLimits, ASmallMessageIsTakenWithoutAskingForMemory) {
  Script script;
  script.has_memory = false;
  converse(open_options(), script, kBegin + "DATA\r\nSubject: x\r\n.\r\n");
  EXPECT_EQ(script.accepted.size(), 1U);
}

// It is never silent for long, and would go on for hours.
TEST(SessionLimits, AContentThatDripsEndsWithTheGrace) {
  for (const bool by_chunk : {false, true}) {
    Script script;
    ServerOptions options = open_options();
    options.timeouts.data_grace = milliseconds(50);
    options.timeouts.data_rate_min = 1'000'000;
    run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
      co_await peer.reply();
      co_await peer.send(kBegin + (by_chunk ? "BDAT 1000000\r\n" : "DATA\r\n"));
      std::string_view got;
      while (!got.ends_with(kWaited) && peer.stream().is_open()) {
        co_await peer.send("x");
        const Result<> more = co_await peer.stream().fill(net::within(milliseconds(1)));
        got = peer.stream().buffered();
      }
      EXPECT_TRUE(got.ends_with(kWaited)) << got;
    });
  }
}

TEST(SessionLimits, AContentThatComesFastEnoughHasAllItsTime) {
  Script script;
  ServerOptions options = open_options();
  options.timeouts.data_grace = milliseconds(1);
  options.timeouts.data_rate_min = 1;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    co_await peer.send(kBegin + "DATA\r\n" + std::string(100, 'x') + "\r\n");
    for (int i = 0; i < 4; ++i) {
      co_await peer.reply();
    }
    boost::asio::steady_timer later(co_await boost::asio::this_coro::executor, milliseconds(30));
    co_await later.async_wait(boost::asio::use_awaitable);
    EXPECT_EQ(co_await peer.ask("."), "250 2.0.0 queued\r\n");
  });
}

// Each chunk comes at once, and the message never ends.
TEST(SessionLimits, ChunksHaveTheTimeOfOneMessage) {
  Script script;
  ServerOptions options = open_options();
  options.timeouts.data = milliseconds(30);
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    co_await peer.send(kBegin);
    for (int i = 0; i < 3; ++i) {
      co_await peer.reply();
    }
    std::string got = "250";
    while (got.starts_with("250")) {
      got = co_await peer.ask("BDAT 3\r\nx");
    }
    EXPECT_EQ(got, kWaited);
  });
  EXPECT_TRUE(script.accepted.empty());
}

TEST(SessionLimits, AHandshakeThatNeverComesEnds) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  options.implicit_tls = true;
  options.timeouts.greeting = milliseconds(30);
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    EXPECT_EQ(co_await peer.everything(), "");
  });
}

TEST(SessionStop, AnIdleClientIsTold) {
  Script script;
  run_session(open_options(), script,
              [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                co_await peer.reply();
                co_await peer.ask("HELO c");
                stop.emit(cancellation_type::terminal);
                EXPECT_EQ(co_await peer.everything(), kStops);
              });
  EXPECT_EQ(script.why_ended, "stopped");
}

TEST(SessionStop, ATransactionWithoutContentIsNotWaitedFor) {
  Script script;
  run_session(open_options(), script,
              [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                co_await peer.reply();
                co_await peer.ask("HELO c");
                co_await peer.ask("MAIL FROM:<>");
                stop.emit(cancellation_type::terminal);
                EXPECT_EQ(co_await peer.everything(), kStops);
              });
}

TEST(SessionStop, AMessageInProgressMayBeFinished) {
  for (const bool chunked : {false, true}) {
    Script script;
    run_session(open_options(), script,
                [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                  co_await peer.reply();
                  co_await peer.ask("HELO c");
                  co_await peer.ask("MAIL FROM:<>");
                  co_await peer.ask("RCPT TO:<a@b.example>");
                  co_await peer.ask(chunked ? "BDAT 3\r\nx" : "DATA");
                  stop.emit(cancellation_type::terminal);
                  co_await peer.send(chunked ? "BDAT 3 LAST\r\ny\r\n" : "x\r\n.\r\n");
                  EXPECT_EQ(co_await peer.everything(), "250 2.0.0 queued\r\n" + kStops);
                });
    EXPECT_EQ(script.accepted.size(), 1U);
  }
}

TEST(SessionStop, AMessageThatDoesNotComeIsWaitedForWithinTheLimit) {
  Script script;
  ServerOptions options = open_options();
  options.timeouts.write = milliseconds(30);
  run_session(options, script, [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
    co_await peer.reply();
    co_await peer.send(kBegin);
    co_await peer.ask("DATA");
    co_await peer.reply();
    co_await peer.reply();
    EXPECT_EQ(co_await peer.reply(), "354 end with <CRLF>.<CRLF>\r\n");
    stop.emit(cancellation_type::terminal);
    EXPECT_EQ(co_await peer.everything(), kStops);
  });
  EXPECT_EQ(script.why_ended, "stopped in DATA");
}

// A byte now and then keeps a connection going; the second request ends it.
TEST(SessionStop, TheSecondRequestEndsAMessageInProgress) {
  for (const bool chunked : {false, true}) {
    Script script;
    run_session(open_options(), script,
                [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                  co_await peer.reply();
                  co_await peer.ask("HELO c");
                  co_await peer.ask("MAIL FROM:<>");
                  co_await peer.ask("RCPT TO:<a@b.example>");
                  co_await peer.ask(chunked ? "BDAT 3\r\nx" : "DATA");
                  stop.emit(cancellation_type::terminal);
                  co_await peer.send(chunked ? "BDAT 9 LAST\r\nx" : "x");
                  co_await let_session_run();
                  stop.emit(cancellation_type::terminal);
                  EXPECT_EQ(co_await peer.everything(), kStops);
                });
    EXPECT_TRUE(script.accepted.empty());
    EXPECT_EQ(script.why_ended, chunked ? "stopped in BDAT" : "stopped in DATA");
  }
}

// More than the kernel takes for a client that reads nothing.
TEST(SessionStop, TheSecondRequestEndsAWriteThatNobodyReads) {
  Script script;
  script.greeting.text = repeat(std::string(490, 'x') + "\n", 130'000);
  run_session(open_options(), script,
              [&](Peer& /*peer*/, cancellation_signal& stop) -> awaitable<void> {
                co_await let_session_run();
                stop.emit(cancellation_type::terminal);
                co_await let_session_run();
                EXPECT_EQ(script.calls.back(), "connected") << "a reply that is due gets its time";
                stop.emit(cancellation_type::terminal);
                co_await let_session_run();
                EXPECT_EQ(script.calls.back(), "ended");
              });
}

TEST(SessionStop, AReplyThatIsDueIsNotLost) {
  Script script;
  cancellation_signal* signal = nullptr;
  script.on_data = [&] { signal->emit(cancellation_type::terminal); };
  run_session(open_options(), script,
              [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                signal = &stop;
                co_await peer.reply();
                co_await peer.send(kBegin + "DATA\r\nx\r\n.\r\nNOOP\r\n");
                const std::string got = co_await peer.everything();
                EXPECT_TRUE(got.ends_with("250 2.0.0 queued\r\n" + kStops)) << got;
              });
  EXPECT_EQ(script.accepted.size(), 1U);
}

// What a handler waits for (the commit of a message) is not interrupted.
TEST(SessionStop, AHandlersWaitIsNotInterrupted) {
  Script script;
  cancellation_signal* signal = nullptr;
  script.on_message = [&]() -> awaitable<void> {
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::steady_timer commit(executor, milliseconds(20));
    boost::asio::post(executor, [&] { signal->emit(cancellation_type::terminal); });
    const auto [failed] =
        co_await commit.async_wait(boost::asio::as_tuple(boost::asio::use_awaitable));
    EXPECT_FALSE(failed);
  };
  run_session(open_options(), script,
              [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
                signal = &stop;
                co_await peer.reply();
                co_await peer.send(kBegin + "DATA\r\nx\r\n.\r\n");
                const std::string got = co_await peer.everything();
                EXPECT_TRUE(got.ends_with("250 2.0.0 queued\r\n" + kStops)) << got;
              });
}

TEST(SessionStop, BeforeTheGreetingThereIsNoWait) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  options.implicit_tls = true;
  run_session(options, script, [&](Peer& peer, cancellation_signal& stop) -> awaitable<void> {
    stop.emit(cancellation_type::terminal);
    EXPECT_EQ(co_await peer.everything(), "");
  });
  EXPECT_EQ(script.calls, (std::vector<std::string>{"ended"}));
}

}  // namespace
}  // namespace postrider::smtp
