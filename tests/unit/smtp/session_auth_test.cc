// AUTH (RFC 4954), STARTTLS (RFC 3207), implicit TLS and the PROXY protocol.
#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "base/text.h"
#include "session_harness.h"

namespace postrider::smtp {
namespace {

using boost::asio::awaitable;

ServerOptions auth_options() {
  ServerOptions options = open_options();
  options.auth_required = true;
  options.auth_in_clear = true;
  return options;
}

Script with_ann() {
  Script script;
  script.passwords["ann"] = "secret";
  return script;
}

std::string plain(std::string_view authzid, std::string_view user, std::string_view password) {
  std::string text(authzid);
  text.push_back('\0');
  text += user;
  text.push_back('\0');
  text += password;
  return base64(text);
}

/// What comes after the reply to EHLO.
std::string after_ehlo(const ServerOptions& options, Script& script, const std::string& input) {
  const std::string output = converse(options, script, "EHLO c\r\n" + input);
  const std::string last = "250 HELP\r\n";
  return output.substr(output.find(last) + last.size());
}

struct Row {
  const char* name;
  std::string input;
  std::string output;
  bool authenticated = false;
};

const std::string kWelcome = "235 2.7.0 welcome\r\n";
const std::string kUser = "334 VXNlcm5hbWU6\r\n";
const std::string kPassword = "334 UGFzc3dvcmQ6\r\n";

TEST(SessionAuth, Exchanges) {
  const std::string good = plain("", "ann", "secret");
  const std::vector<Row> rows{
      {"PlainWithInitialResponse", "AUTH PLAIN " + good + "\r\n", kWelcome, true},
      {"PlainInTwoSteps", "AUTH PLAIN\r\n" + good + "\r\n", "334 \r\n" + kWelcome, true},
      {"LowerCase", "auth plain " + good + "\r\n", kWelcome, true},
      {"SameIdentityTwice", "AUTH PLAIN " + plain("ann", "ann", "secret") + "\r\n", kWelcome, true},
      {"AnotherIdentity", "AUTH PLAIN " + plain("bob", "ann", "secret") + "\r\n",
       "535 5.7.8 nobody may act for another user here\r\n"},
      {"WrongPassword", "AUTH PLAIN " + plain("", "ann", "x") + "\r\n", "535 5.7.8 no\r\n"},
      {"EmptyInitialResponse", "AUTH PLAIN =\r\n",
       "501 5.5.2 user and password, each behind a NUL, are expected\r\n"},
      {"NoUser", "AUTH PLAIN " + plain("", "", "secret") + "\r\n",
       "501 5.5.2 user and password, each behind a NUL, are expected\r\n"},
      {"TooManyParts", "AUTH PLAIN " + base64(std::string("\0ann\0secret\0x", 13)) + "\r\n",
       "501 5.5.2 user and password, each behind a NUL, are expected\r\n"},
      {"NotBase64", "AUTH PLAIN !!!\r\n", "501 5.5.2 not base64\r\n"},
      {"Cancelled", "AUTH PLAIN\r\n*\r\nNOOP\r\n",
       "334 \r\n501 5.7.0 cancelled\r\n250 2.0.0 ok\r\n"},
      {"Login", "AUTH LOGIN\r\n" + base64("ann") + "\r\n" + base64("secret") + "\r\n",
       kUser + kPassword + kWelcome, true},
      {"LoginWithInitialResponse",
       "AUTH LOGIN " + base64("ann") + "\r\n" + base64("secret") + "\r\n", kPassword + kWelcome,
       true},
      {"LoginCancelledAtTheUser", "AUTH LOGIN\r\n*\r\n", kUser + "501 5.7.0 cancelled\r\n"},
      {"LoginCancelledAtThePassword", "AUTH LOGIN " + base64("ann") + "\r\n*\r\n",
       kPassword + "501 5.7.0 cancelled\r\n"},
      {"LoginNotBase64", "AUTH LOGIN\r\nann!\r\n", kUser + "501 5.5.2 not base64\r\n"},
      {"UnknownMechanism", "AUTH CRAM-MD5\r\n", "504 5.5.4 AUTH takes PLAIN and LOGIN\r\n"},
      {"NoMechanism", "AUTH\r\n", "504 5.5.4 AUTH takes PLAIN and LOGIN\r\n"},
      {"Twice", "AUTH PLAIN " + good + "\r\nAUTH PLAIN " + good + "\r\n",
       kWelcome + "503 5.5.1 already authenticated\r\n", true},
      {"BeforeEhlo", "HELO c\r\nAUTH PLAIN " + good + "\r\n",
       "250 mx.test\r\n503 5.5.1 say EHLO first\r\n"},
      {"LineOfTwelveThousandIsNotTooLong", "AUTH PLAIN " + std::string(12200, 'A') + "\r\nNOOP\r\n",
       "501 5.5.2 user and password, each behind a NUL, are expected\r\n250 2.0.0 ok\r\n"},
      {"LineTooLong", "AUTH PLAIN\r\n" + std::string(13000, 'A') + "\r\nNOOP\r\n",
       "334 \r\n500 5.5.6 line too long\r\n250 2.0.0 ok\r\n"},
      {"BareLf", "AUTH PLAIN\r\n" + good + "\nNOOP\r\n",
       "334 \r\n500 5.5.2 lines must end in CRLF\r\n"},
  };
  for (const Row& row : rows) {
    Script script = with_ann();
    EXPECT_EQ(after_ehlo(auth_options(), script, row.input), row.output) << row.name;
    EXPECT_EQ(script.last.user, row.authenticated ? "ann" : "") << row.name;
  }
}

TEST(SessionAuth, NotWithinATransaction) {
  Script script = with_ann();
  ServerOptions options = auth_options();
  options.auth_required = false;
  EXPECT_EQ(after_ehlo(options, script, "MAIL FROM:<>\r\nAUTH PLAIN =\r\n"),
            "250 2.1.0 ok\r\n503 5.5.1 not within a transaction\r\n");
}

TEST(SessionAuth, NotOfferedNorTakenInTheClear) {
  Script script = with_ann();
  ServerOptions options = auth_options();
  options.auth_in_clear = false;
  const std::string output =
      converse(options, script, "EHLO c\r\nAUTH PLAIN " + plain("", "ann", "secret") + "\r\n");
  EXPECT_EQ(output.find("AUTH PLAIN LOGIN"), std::string::npos);
  EXPECT_TRUE(output.ends_with(
      "\r\n538 5.7.11 say STARTTLS first: passwords are not taken in the clear\r\n"))
      << output;
  options.auth_offered = false;
  EXPECT_EQ(after_ehlo(options, script, "AUTH PLAIN =\r\n"), "502 5.5.1 AUTH is not offered\r\n");
}

TEST(SessionAuth, WrongPasswordsSpendTheErrorBudget) {
  Script script = with_ann();
  ServerOptions options = auth_options();
  options.errors_max = 2;
  const std::string wrong = "AUTH PLAIN " + plain("", "ann", "x") + "\r\n";
  EXPECT_EQ(after_ehlo(options, script, wrong + wrong + wrong + wrong),
            "535 5.7.8 no\r\n535 5.7.8 no\r\n421 4.7.0 mx.test has seen too many errors\r\n");
}

TEST(SessionTls, StartTlsResetsWhatWasSaidInTheClear) {
  Script script = with_ann();
  ServerOptions options = auth_options();
  options.auth_in_clear = false;
  options.tls = test_tls;
  options.tls_required = true;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    const std::string before = co_await peer.ask("EHLO c");
    EXPECT_NE(before.find("250-STARTTLS\r\n"), std::string::npos) << before;
    EXPECT_EQ(co_await peer.ask("STARTTLS"), "220 2.0.0 go ahead\r\n");
    EXPECT_TRUE(co_await peer.start_tls());
    EXPECT_EQ(co_await peer.ask("MAIL FROM:<>"), "503 5.5.1 say EHLO first\r\n");
    const std::string after = co_await peer.ask("EHLO c");
    EXPECT_EQ(after.find("STARTTLS"), std::string::npos) << after;
    EXPECT_NE(after.find("250-AUTH PLAIN LOGIN\r\n"), std::string::npos) << after;
    EXPECT_EQ(co_await peer.ask("AUTH PLAIN " + plain("", "ann", "secret")), kWelcome);
    EXPECT_EQ(co_await peer.ask("STARTTLS"), "503 5.5.1 TLS is on already\r\n");
    EXPECT_EQ(co_await peer.ask("MAIL FROM:<>"), "250 2.1.0 ok\r\n");
    EXPECT_EQ(co_await peer.ask("QUIT"), "221 2.0.0 mx.test closes the connection\r\n");
  });
  ASSERT_TRUE(script.last.tls);
  EXPECT_EQ(script.last.tls->version, "TLSv1.3");
}

TEST(SessionTls, StartTlsForgetsTheTransactionAndTheUser) {
  Script script = with_ann();
  ServerOptions options = auth_options();
  options.tls = test_tls;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    co_await peer.ask("EHLO c");
    co_await peer.ask("AUTH PLAIN " + plain("", "ann", "secret"));
    co_await peer.ask("MAIL FROM:<>");
    co_await peer.ask("STARTTLS");
    EXPECT_TRUE(co_await peer.start_tls());
    co_await peer.ask("EHLO c");
    EXPECT_EQ(co_await peer.ask("MAIL FROM:<>"), "530 5.7.0 authentication is required\r\n");
    EXPECT_EQ(co_await peer.ask("RCPT TO:<a@b.example>"), "503 5.5.1 say MAIL first\r\n");
  });
}

TEST(SessionTls, WhatIsPipelinedBehindStartTlsIsDiscardedWithTheConnection) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  const std::string output =
      converse(options, script, "EHLO c\r\nSTARTTLS\r\nMAIL FROM:<evil@b.example>\r\nNOOP\r\n");
  EXPECT_TRUE(output.ends_with("250 HELP\r\n")) << output;
  EXPECT_EQ(script.calls, (std::vector<std::string>{"connected", "ended"}));
  EXPECT_EQ(script.why_ended, "bytes pipelined behind STARTTLS");
}

TEST(SessionTls, WhatFollowsInTheClearIsNoHandshake) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.reply();
    co_await peer.ask("EHLO c");
    co_await peer.ask("STARTTLS");
    co_await peer.send("MAIL FROM:<evil@b.example>\r\nRCPT TO:<v@b.example>\r\n");
    co_await peer.everything();
  });
  EXPECT_EQ(script.calls, (std::vector<std::string>{"connected", "ended"}));
  EXPECT_TRUE(script.why_ended.starts_with("TLS handshake: ")) << script.why_ended;
}

TEST(SessionTls, WithoutACertificateStartTlsIsRefusedForNow) {
  Script script;
  ServerOptions options = open_options();
  options.tls = [] { return std::shared_ptr<const net::TlsServer>(); };
  const std::string output = converse(options, script, "EHLO c\r\nSTARTTLS\r\n");
  EXPECT_TRUE(output.ends_with("454 4.7.0 TLS is not available now\r\n")) << output;
}

TEST(SessionTls, ImplicitTlsComesBeforeTheGreeting) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  options.implicit_tls = options.tls_required = true;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    EXPECT_TRUE(co_await peer.start_tls());
    EXPECT_EQ(co_await peer.reply(), "220 mx.test ESMTP\r\n");
    co_await peer.ask("EHLO c");
    EXPECT_EQ(co_await peer.ask("MAIL FROM:<>"), "250 2.1.0 ok\r\n");
    // More than one record, and more than a buffer, at once.
    co_await peer.send("RCPT TO:<a@b.example>\r\nDATA\r\n" + std::string(40000, 'x') +
                       "\r\n.\r\nQUIT\r\n");
    const std::string rest = co_await peer.everything();
    EXPECT_NE(rest.find("250 2.0.0 queued\r\n221 "), std::string::npos) << rest;
  });
  EXPECT_EQ(script.accepted.size(), 1U);
}

TEST(SessionTls, AClearClientOnATlsPortIsClosed) {
  Script script;
  ServerOptions options = open_options();
  options.tls = test_tls;
  options.implicit_tls = true;
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.send("EHLO c\r\n");
    const std::string got = co_await peer.everything();
    EXPECT_EQ(got.find("220"), std::string::npos);
  });
  EXPECT_EQ(script.calls, (std::vector<std::string>{"ended"}));
}

TEST(SessionProxy, TheHeaderNamesTheClient) {
  Script script;
  ServerOptions options = open_options();
  options.proxy_from = {*net::parse_network("127.0.0.0/8")};
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.send("PROXY TCP4 192.0.2.1 198.51.100.2 12345 25\r\n");
    EXPECT_EQ(co_await peer.reply(), "220 mx.test ESMTP\r\n");
    EXPECT_EQ(co_await peer.ask("QUIT"), "221 2.0.0 mx.test closes the connection\r\n");
  });
  EXPECT_EQ(net::to_string(script.last.client), "192.0.2.1:12345");
  EXPECT_EQ(net::to_string(script.last.server), "198.51.100.2:25");
}

// A proxy sends its header and the client's first TLS record in one packet.
TEST(SessionProxy, TheHeaderMayStandBeforeAHandshake) {
  Script script;
  ServerOptions options = open_options();
  options.proxy_from = {*net::parse_network("127.0.0.0/8")};
  options.tls = test_tls;
  options.implicit_tls = true;
  for (const std::string& header : {std::string("PROXY TCP6 2001:db8::1 2001:db8::2 12345 25\r\n"),
                                    std::string("\r\n\r\n\0\r\nQUIT\n\x20\0\0\0", 16)}) {
    run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
      co_await peer.send(header);
      EXPECT_TRUE(co_await peer.start_tls());
      EXPECT_EQ(co_await peer.reply(), "220 mx.test ESMTP\r\n");
    });
  }
}

TEST(SessionProxy, WithoutAHeaderTheConnectionIsClosed) {
  Script script;
  ServerOptions options = open_options();
  options.proxy_from = {*net::parse_network("127.0.0.0/8")};
  run_session(options, script, [&](Peer& peer, auto& /*stop*/) -> awaitable<void> {
    co_await peer.send("EHLO c\r\n");
    EXPECT_EQ(co_await peer.everything(), "");
  });
  EXPECT_EQ(script.calls, (std::vector<std::string>{"ended"}));
}

}  // namespace
}  // namespace postrider::smtp
