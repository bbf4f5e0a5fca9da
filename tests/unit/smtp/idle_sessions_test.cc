#include "smtp/idle_sessions.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "session_harness.h"

namespace postrider::smtp {
namespace {

using boost::asio::awaitable;
using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

class IdleLine : public testing::Test {
 protected:
  std::function<void()> note(const std::string& name) {
    return [this, name] { asked.push_back(name); };
  }

  IdleSessions line;
  std::vector<std::string> asked;
};

TEST_F(IdleLine, WhoHasErredGoesFirstThenWhoHasWaitedLongest) {
  const IdleSessions::Waiting first(&line, false, note("first"));
  const IdleSessions::Waiting second(&line, false, note("second"));
  const IdleSessions::Waiting erring(&line, true, note("erring"));
  EXPECT_EQ(line.shed(2, milliseconds(0)), 2U);
  EXPECT_THAT(asked, ElementsAre("erring", "first"));
}

TEST_F(IdleLine, NobodyIsAskedTwice) {
  const IdleSessions::Waiting only(&line, false, note("only"));
  EXPECT_EQ(line.shed(5, milliseconds(0)), 1U);
  EXPECT_EQ(line.shed(5, milliseconds(0)), 0U);
}

TEST_F(IdleLine, WhoHasJustBegunToWaitStays) {
  const IdleSessions::Waiting fresh(&line, false, note("fresh"));
  const IdleSessions::Waiting erring(&line, true, note("erring"));
  EXPECT_EQ(line.shed(2, hours(1)), 0U);
  EXPECT_THAT(asked, IsEmpty());
}

TEST_F(IdleLine, WhoWaitsNoMoreIsForgotten) {
  {
    const IdleSessions::Waiting gone(&line, false, note("gone"));
  }
  EXPECT_EQ(line.shed(1, milliseconds(0)), 0U);
}

TEST_F(IdleLine, ASessionThatIsAskedSaysWhyAndEnds) {
  Script script;
  run_session(
      open_options(), script,
      [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
        co_await peer.reply();
        EXPECT_EQ(co_await peer.ask("NOOP"), "250 2.0.0 ok\r\n");
        co_await let_session_run();
        EXPECT_EQ(line.shed(1, milliseconds(0)), 1U);
        EXPECT_EQ(co_await peer.everything(),
                  "421 4.3.2 mx.test is busy, and this connection was idle\r\n");
      },
      "", &line);
  EXPECT_EQ(script.why_ended, "was idle while others wanted in");
}

TEST_F(IdleLine, ASessionInTheMiddleOfAMessageIsNotAsked) {
  Script script;
  run_session(
      open_options(), script,
      [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
        co_await peer.reply();
        co_await peer.ask("HELO c");
        co_await peer.ask("MAIL FROM:<>");
        co_await peer.ask("RCPT TO:<a@b.example>");
        co_await peer.ask("DATA");
        co_await let_session_run();
        EXPECT_EQ(line.shed(1, milliseconds(0)), 0U);
        EXPECT_EQ(co_await peer.ask("Subject: x\r\n\r\n."), "250 2.0.0 queued\r\n");
      },
      "", &line);
  EXPECT_EQ(script.accepted.size(), 1U);
}

}  // namespace
}  // namespace postrider::smtp
