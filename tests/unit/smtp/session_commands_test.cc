// What each command is answered, as whole pipelined conversations.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "session_harness.h"

namespace postrider::smtp {
namespace {

struct Row {
  const char* name;
  std::string input;
  std::string output;
};

const std::string kHello = "HELO c\r\n";
const std::string kHelloReply = "250 mx.test\r\n";

/// Sends EHLO first and takes its reply off.
std::string after_ehlo(const ServerOptions& options, Script& script, const std::string& input) {
  const std::string output = converse(options, script, "EHLO c.example\r\n" + input);
  const auto end = output.find("\r\n250 ");
  EXPECT_NE(end, std::string::npos) << output;
  return output.substr(output.find("\r\n", end + 2) + 2);
}

TEST(SessionCommands, EhloNamesWhatIsOffered) {
  Script script;
  ServerOptions options = open_options();
  options.message_bytes_max = 1000;
  options.recipients_max = 7;
  EXPECT_EQ(converse(options, script, "EHLO c.example\r\n"),
            "250-mx.test\r\n250-PIPELINING\r\n250-SIZE 1000\r\n250-ENHANCEDSTATUSCODES\r\n"
            "250-8BITMIME\r\n250-SMTPUTF8\r\n250-CHUNKING\r\n250-DSN\r\n250-LIMITS RCPTMAX=7\r\n"
            "250 HELP\r\n");
  EXPECT_EQ(script.last.helo, "c.example");
  EXPECT_TRUE(script.last.esmtp);
}

TEST(SessionCommands, EhloLeavesOutWhatIsSwitchedOff) {
  Script script;
  ServerOptions options = open_options();
  options.offers_pipelining = options.offers_8bitmime = options.offers_smtputf8 = false;
  options.offers_chunking = options.offers_dsn = false;
  options.transactions_max = 3;
  options.auth_in_clear = true;
  options.tls = test_tls;
  EXPECT_EQ(converse(options, script, "EHLO c.example\r\n"),
            "250-mx.test\r\n250-SIZE 26214400\r\n250-STARTTLS\r\n250-AUTH PLAIN LOGIN\r\n"
            "250-ENHANCEDSTATUSCODES\r\n250-LIMITS MAILMAX=3 RCPTMAX=1000\r\n250 HELP\r\n");
}

TEST(SessionCommands, Replies) {
  const std::vector<Row> rows{
      {"Helo", "HELO c\r\n", "250 mx.test\r\n"},
      {"HeloWithoutName", "HELO\r\nEHLO \r\n",
       "501 5.5.4 say the name of your host\r\n501 5.5.4 say the name of your host\r\n"},
      {"HeloWithControls", "HELO a\tb\r\n", "501 5.5.4 say the name of your host\r\n"},
      {"LowerCase", "helo c\r\nnoop\r\nquit\r\n",
       "250 mx.test\r\n250 2.0.0 ok\r\n221 2.0.0 mx.test closes the connection\r\n"},
      {"NothingBehindQuit", "QUIT\r\nNOOP\r\n", "221 2.0.0 mx.test closes the connection\r\n"},
      {"Vrfy", "VRFY ann\r\n", "252 2.5.0 send a message and see\r\n"},
      {"Expn", "EXPN all\r\n", "502 5.5.1 not implemented\r\n"},
      {"Help", "HELP\r\n", "214 2.0.0 this is Postrider; RFC 5321 says the rest\r\n"},
      {"Unknown", "TURN\r\n\r\n",
       "500 5.5.2 command not recognized\r\n500 5.5.2 command not recognized\r\n"},
      {"RsetBeforeHelo", "RSET\r\n", "250 2.0.0 ok\r\n"},
      {"MailBeforeHelo", "MAIL FROM:<a@b.example>\r\n", "503 5.5.1 say EHLO first\r\n"},
      {"RcptBeforeMail", kHello + "RCPT TO:<a@b.example>\r\n",
       kHelloReply + "503 5.5.1 say MAIL first\r\n"},
      {"DataBeforeMail", kHello + "DATA\r\n", kHelloReply + "503 5.5.1 say MAIL first\r\n"},
      {"MailTwice", kHello + "MAIL FROM:<>\r\nMAIL FROM:<>\r\n",
       kHelloReply + "250 2.1.0 ok\r\n503 5.5.1 a transaction is open already\r\n"},
      {"DataWithoutRecipientEndsTheTransaction",
       kHello + "MAIL FROM:<>\r\nDATA\r\nMAIL FROM:<>\r\n",
       kHelloReply + "250 2.1.0 ok\r\n554 5.5.1 no valid recipients\r\n250 2.1.0 ok\r\n"},
      {"DataWithArgument", kHello + "MAIL FROM:<>\r\nDATA now\r\n",
       kHelloReply + "250 2.1.0 ok\r\n501 5.5.4 DATA has no parameters\r\n"},
      {"ParametersAfterHelo", kHello + "MAIL FROM:<> SIZE=1\r\n",
       kHelloReply + "555 5.5.4 parameter SIZE is not known here\r\n"},
      {"StartTlsNotOffered", kHello + "STARTTLS\r\n",
       kHelloReply + "502 5.5.1 TLS is not offered\r\n"},
      {"XclientFromAStranger", "XCLIENT ADDR=192.0.2.1\r\n", "550 5.7.0 not from this address\r\n"},
      {"Http", "POST / HTTP/1.1\r\nHost: x\r\n\r\n", "554 5.5.1 this is an SMTP server\r\n"},
      {"ProxyHeaderFromAStranger", "PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\nNOOP\r\n",
       "554 5.5.1 this is an SMTP server\r\n"},
      {"BareLfInACommand", "NOOP\nQUIT\r\n", "500 5.5.2 lines must end in CRLF\r\n"},
      {"BareCrInACommand", "NOOP\rQUIT\r\n", "500 5.5.2 lines must end in CRLF\r\n"},
      {"BareLfAlone", "\n", "500 5.5.2 lines must end in CRLF\r\n"},
      {"CrCrLf", "NOOP\r\r\n", "500 5.5.2 lines must end in CRLF\r\n"},
  };
  for (const Row& row : rows) {
    Script script;
    EXPECT_EQ(converse(open_options(), script, row.input), row.output) << row.name;
  }
}

TEST(SessionCommands, ATransactionGoesThroughTheHandlerInOrder) {
  Script script;
  const std::string output =
      after_ehlo(open_options(), script,
                 "MAIL FROM:<ann@a.example> SIZE=100 BODY=8BITMIME RET=HDRS ENVID=q+2B1\r\n"
                 "RCPT TO:<bob@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;bob+40x@b.example\r\n"
                 "RCPT TO:<cid@c.example>\r\nDATA\r\nSubject: x\r\n\r\n..dots\r\n.\r\nQUIT\r\n");
  EXPECT_EQ(output,
            "250 2.1.0 ok\r\n250 2.1.5 ok\r\n250 2.1.5 ok\r\n354 end with <CRLF>.<CRLF>\r\n"
            "250 2.0.0 queued\r\n221 2.0.0 mx.test closes the connection\r\n");
  EXPECT_EQ(script.calls,
            (std::vector<std::string>{"connected", "mail ann@a.example", "recipient bob@b.example",
                                      "recipient cid@c.example", "data", "message", "ended"}));
  ASSERT_EQ(script.accepted.size(), 1U);
  const auto& [envelope, content] = script.accepted[0];
  EXPECT_EQ(content, "Subject: x\r\n\r\n.dots\r\n");
  EXPECT_EQ(envelope.body, Body::eight_bit_mime);
  EXPECT_EQ(envelope.ret, Ret::headers);
  EXPECT_EQ(envelope.envid, "q+1");
  EXPECT_EQ(envelope.declared_size, 100U);
  ASSERT_EQ(envelope.recipients.size(), 2U);
  EXPECT_EQ(envelope.recipients[0].notify, kNotifySuccess | kNotifyDelay);
  EXPECT_EQ(envelope.recipients[0].orcpt, "rfc822;bob@x@b.example");
  EXPECT_EQ(envelope.recipients[1].notify, kNotifyUnset);
  EXPECT_EQ(script.why_ended, "quit");
}

TEST(SessionCommands, RefusedRecipientsAreNotInTheEnvelope) {
  Script script;
  script.recipients["no"] = {.code = 550, .enhanced = "5.1.1", .text = "unknown", .close = false};
  const std::string output =
      after_ehlo(open_options(), script,
                 "MAIL FROM:<>\r\nRCPT TO:<no@b.example>\r\nRCPT TO:<yes@b.example>\r\n"
                 "DATA\r\nx\r\n.\r\n");
  EXPECT_EQ(output,
            "250 2.1.0 ok\r\n550 5.1.1 unknown\r\n250 2.1.5 ok\r\n354 end with <CRLF>.<CRLF>\r\n"
            "250 2.0.0 queued\r\n");
  ASSERT_EQ(script.accepted.size(), 1U);
  ASSERT_EQ(script.accepted[0].envelope.recipients.size(), 1U);
  EXPECT_EQ(script.accepted[0].envelope.recipients[0].address.local, "yes");
}

TEST(SessionCommands, ARefusalOfTheHandlerIsPassedOn) {
  Script script;
  script.mail = {.code = 452, .enhanced = "4.3.1", .text = "no room", .close = false};
  EXPECT_EQ(after_ehlo(open_options(), script, "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\n"),
            "452 4.3.1 no room\r\n503 5.5.1 say MAIL first\r\n");
}

TEST(SessionCommands, ARefusalOfDataEndsTheTransaction) {
  Script script;
  script.data = {.code = 451, .enhanced = "4.3.0", .text = "not now", .close = false};
  EXPECT_EQ(after_ehlo(open_options(), script,
                       "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\nMAIL FROM:<>\r\n"),
            "250 2.1.0 ok\r\n250 2.1.5 ok\r\n451 4.3.0 not now\r\n250 2.1.0 ok\r\n");
  EXPECT_TRUE(script.accepted.empty());
}

TEST(SessionCommands, RsetAndEhloForgetTheTransaction) {
  for (const std::string command : {"RSET\r\n", "HELO c\r\n"}) {
    Script script;
    const std::string output = after_ehlo(
        open_options(), script, "MAIL FROM:<>\r\n" + command + "RCPT TO:<a@b.example>\r\n");
    EXPECT_TRUE(output.ends_with("503 5.5.1 say MAIL first\r\n")) << output;
  }
}

TEST(SessionCommands, A421OfTheHandlerEndsTheSession) {
  Script script;
  script.message = {.code = 421, .enhanced = "4.3.0", .text = "going", .close = false};
  const std::string output =
      after_ehlo(open_options(), script,
                 "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\nNOOP\r\nNOOP\r\n");
  EXPECT_TRUE(output.ends_with("354 end with <CRLF>.<CRLF>\r\n421 4.3.0 going\r\n")) << output;
}

TEST(SessionCommands, AHandlerMayCloseWithoutAWord) {
  Script script;
  script.message = {};
  const std::string output = after_ehlo(
      open_options(), script, "MAIL FROM:<>\r\nRCPT TO:<a@b.example>\r\nDATA\r\n.\r\nNOOP\r\n");
  EXPECT_TRUE(output.ends_with("354 end with <CRLF>.<CRLF>\r\n")) << output;
}

TEST(SessionCommands, ARefusalInPlaceOfTheGreetingEndsTheSession) {
  Script script;
  script.greeting = {.code = 554, .enhanced = "5.7.1", .text = "go away", .close = false};
  run_session(open_options(), script,
              [](Peer& peer, auto& /*stop*/) -> boost::asio::awaitable<void> {
                EXPECT_EQ(co_await peer.everything(), "554 5.7.1 go away\r\n");
              });
  EXPECT_EQ(script.calls, (std::vector<std::string>{"connected", "ended"}));
}

TEST(SessionCommands, AuthIsRequiredBeforeMail) {
  Script script;
  ServerOptions options = open_options();
  options.auth_required = true;
  EXPECT_EQ(after_ehlo(options, script, "MAIL FROM:<>\r\n"),
            "530 5.7.0 authentication is required\r\n");
}

TEST(SessionCommands, TlsIsRequiredBeforeAlmostEverything) {
  Script script;
  ServerOptions options = open_options();
  options.tls_required = true;
  options.tls = test_tls;
  const std::string refused = "530 5.7.0 say STARTTLS first\r\n";
  EXPECT_EQ(after_ehlo(options, script,
                       "NOOP\r\nMAIL FROM:<>\r\nAUTH PLAIN AGEAYg==\r\nRCPT TO:<a@b.example>\r\n"
                       "DATA\r\nVRFY a\r\nQUIT\r\n"),
            "250 2.0.0 ok\r\n" + refused + refused + refused + refused + refused +
                "221 2.0.0 mx.test closes the connection\r\n");
}

TEST(SessionCommands, XclientChangesWhoIsServed) {
  Script script;
  ServerOptions options = open_options();
  options.auth_required = true;
  options.xclient_from = {*net::parse_network("127.0.0.0/8")};
  const std::string output = after_ehlo(
      options, script,
      "XCLIENT ADDR=IPV6:2001:db8::7 PORT=4000 NAME=[UNAVAILABLE] LOGIN=ann+40a.example\r\n"
      "MAIL FROM:<>\r\nHELO c\r\nMAIL FROM:<>\r\nXCLIENT PORT=1\r\n");
  EXPECT_EQ(output,
            "220 mx.test ESMTP\r\n503 5.5.1 say EHLO first\r\n250 mx.test\r\n250 2.1.0 ok\r\n"
            "503 5.5.1 not within a transaction\r\n");
  EXPECT_EQ(net::to_string(script.last.client), "[2001:db8::7]:4000");
  EXPECT_EQ(script.last.user, "ann@a.example");
}

// Who logged in was somebody else.
TEST(SessionCommands, XclientWithoutALoginEndsThatOfBefore) {
  Script script;
  script.passwords["user"] = "password";
  ServerOptions options = open_options();
  options.auth_required = options.auth_in_clear = true;
  options.xclient_from = {*net::parse_network("127.0.0.0/8")};
  const std::string output = after_ehlo(options, script,
                                        "AUTH PLAIN AHVzZXIAcGFzc3dvcmQ=\r\n"
                                        "XCLIENT ADDR=192.0.2.7\r\nEHLO c\r\nMAIL FROM:<>\r\n");
  EXPECT_TRUE(output.starts_with("235 ")) << output;
  EXPECT_TRUE(output.ends_with("530 5.7.0 authentication is required\r\n")) << output;
  EXPECT_EQ(script.last.user, "");
}

TEST(SessionCommands, AMalformedXclientChangesNothing) {
  for (const char* attribute : {"ADDR=x", "PORT=99999", "COLOUR=red", "ADDR", "LOGIN=+4"}) {
    Script script;
    ServerOptions options = open_options();
    options.xclient_from = {*net::parse_network("127.0.0.1")};
    const std::string output =
        after_ehlo(options, script, "XCLIENT LOGIN=eve " + std::string(attribute) + "\r\n");
    EXPECT_TRUE(output.starts_with("501 5.5.4 ")) << attribute << ": " << output;
    EXPECT_EQ(script.last.user, "") << attribute;
  }
}

}  // namespace
}  // namespace postrider::smtp
