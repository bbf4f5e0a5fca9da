#include "smtp/grammar.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace postrider::smtp {
namespace {

const ParameterRules kRules{.message_bytes_max = 1000};

std::string verdict(const Reply& reply) {
  return std::to_string(reply.code) + " " + reply.enhanced;
}

std::string mail(std::string_view argument, const ParameterRules& rules = kRules) {
  const auto parsed = parse_mail(argument, rules);
  return parsed ? "<" + mail::to_string(parsed->reverse_path) + ">" : verdict(parsed.error());
}

std::string rcpt(std::string_view argument, bool smtputf8 = false,
                 const ParameterRules& rules = kRules) {
  const auto parsed = parse_rcpt(argument, rules, smtputf8);
  return parsed ? "<" + mail::to_string(parsed->address) + ">" : verdict(parsed.error());
}

struct Row {
  std::string argument;
  std::string want;
};

TEST(Grammar, Commands) {
  const auto parse = [](std::string_view line) { return parse_command(line); };
  EXPECT_EQ(parse("MAIL FROM:<>").verb, Verb::mail);
  EXPECT_EQ(parse("MAIL FROM:<>").argument, "FROM:<>");
  EXPECT_EQ(parse("mAiL   FROM:<> \t ").argument, "FROM:<>");
  EXPECT_EQ(parse("QUIT ").verb, Verb::quit);
  EXPECT_EQ(parse("QUIT ").argument, "");
  EXPECT_EQ(parse("QUITE").verb, Verb::unknown);
  EXPECT_EQ(parse("QUI").verb, Verb::unknown);
  EXPECT_EQ(parse("").verb, Verb::unknown);
  EXPECT_EQ(parse(" NOOP").verb, Verb::unknown);
  EXPECT_EQ(parse("GET / HTTP/1.1").verb, Verb::http);
}

TEST(Grammar, MailPaths) {
  for (const auto& [argument, want] : std::vector<Row>{
           {"FROM:<ann@a.example>", "<ann@a.example>"},
           {"from:  <ann@a.example>", "<ann@a.example>"},
           {"FROM:<>", "<>"},
           {"FROM:<@r.example,@s.example:ann@a.example>", "<ann@a.example>"},
           {"FROM:<\"a b\"@a.example>", "<\"a b\"@a.example>"},
           {"FROM:<ann@[192.0.2.1]>", "<ann@[192.0.2.1]>"},
           {"FROM:<ann@B\xC3\x9C"
            "cher.example> SMTPUTF8",
            "<ann@xn--bcher-kva.example>"},
           {"FROM:ann@a.example", "501 5.1.7"},
           {"FROM:<ann>", "501 5.1.7"},
           {"FROM:<postmaster>", "501 5.1.7"},
           {"FROM:<ann@a.example", "501 5.1.7"},
           {"FROM:<ann@a..example>", "501 5.1.7"},
           {"FROM <ann@a.example>", "501 5.5.2"},
           {"TO:<ann@a.example>", "501 5.5.2"},
           {"", "501 5.5.2"},
           {"FROM:<ann@a.example>SIZE=1", "501 5.5.2"},
           {"FROM:<\xC3\xA4@a.example>", "550 5.6.7"},
           {"FROM:<ann@b\xC3\xBC.example>", "550 5.6.7"},
           {"FROM:<\xC3\xA4@a.example> SMTPUTF8", "<\xC3\xA4@a.example>"},
           {"FROM:<\xC3@a.example> SMTPUTF8", "501 5.1.7"},
       }) {
    EXPECT_EQ(mail(argument), want) << argument;
  }
}

TEST(Grammar, MailParameters) {
  for (const auto& [argument, want] : std::vector<Row>{
           {"SIZE=1000", "<>"},
           {"size=0 body=7bit ret=full envid=x auth=<> smtputf8", "<>"},
           {"SIZE=1 BODY=8BITMIME RET=HDRS ENVID=a+2Bb AUTH=ann+40a.example", "<>"},
           {"  SIZE=1   BODY=7BIT", "<>"},
           {"SIZE=1001", "552 5.3.4"},
           {"SIZE=99999999999999999999999", "552 5.3.4"},
           {"SIZE=", "501 5.5.4"},
           {"SIZE", "501 5.5.4"},
           {"SIZE=-1", "501 5.5.4"},
           {"SIZE=1k", "501 5.5.4"},
           {"SIZE=1 SIZE=1", "501 5.5.4"},
           {"BODY=BINARYMIME", "501 5.5.4"},
           {"BODY", "501 5.5.4"},
           {"SMTPUTF8=yes", "501 5.5.4"},
           {"RET=ALL", "501 5.5.4"},
           {"RET=FULL RET=FULL", "501 5.5.4"},
           {"ENVID=", "501 5.5.4"},
           {"ENVID=a+b", "501 5.5.4"},
           {"ENVID=a+0D+0Ab", "501 5.5.4"},
           {"ENVID=a+00", "501 5.5.4"},
           {"ENVID=" + std::string(100, 'x'), "<>"},
           {"ENVID=" + std::string(101, 'x'), "501 5.5.4"},
           {"AUTH=", "501 5.5.4"},
           {"AUTH=a+b", "501 5.5.4"},
           {"NOTIFY=NEVER", "555 5.5.4"},
           {"FOO", "555 5.5.4"},
           {"=1", "555 5.5.4"},
       }) {
    EXPECT_EQ(mail("FROM:<> " + argument), want) << argument;
  }
}

TEST(Grammar, MailParametersOfWhatIsNotOfferedAreUnknown) {
  const ParameterRules nothing{.esmtp = true,
                               .eight_bit_mime = false,
                               .smtputf8 = false,
                               .dsn = false,
                               .auth = false,
                               .message_bytes_max = 1000};
  for (const char* parameter : {"BODY=7BIT", "SMTPUTF8", "RET=FULL", "ENVID=x", "AUTH=<>"}) {
    EXPECT_EQ(mail("FROM:<> " + std::string(parameter)), "<>") << parameter;
    EXPECT_EQ(mail("FROM:<> " + std::string(parameter), nothing), "555 5.5.4") << parameter;
  }
  EXPECT_EQ(mail("FROM:<> SIZE=1", nothing), "<>");
  EXPECT_EQ(mail("FROM:<> SIZE=1", {.esmtp = false, .message_bytes_max = 1000}), "555 5.5.4");
  EXPECT_EQ(rcpt("TO:<a@b.example> NOTIFY=NEVER", false, nothing), "555 5.5.4");
}

TEST(Grammar, MailValues) {
  const auto parsed =
      parse_mail("FROM:<ann@a.example> SIZE=7 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb", kRules);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->declared_size, 7U);
  EXPECT_EQ(parsed->body, Body::eight_bit_mime);
  EXPECT_TRUE(parsed->smtputf8);
  EXPECT_EQ(parsed->ret, Ret::headers);
  EXPECT_EQ(parsed->envid, "a+b");
}

TEST(Grammar, Recipients) {
  for (const auto& [argument, want] : std::vector<Row>{
           {"TO:<bob@b.example>", "<bob@b.example>"},
           {"to: <bob@b.example>", "<bob@b.example>"},
           {"TO:<>", "501 5.1.3"},
           {"TO:bob@b.example", "501 5.1.3"},
           {"TO:<bob@b.example> NOTIFY=NEVER", "<bob@b.example>"},
           {"TO:<bob@b.example> notify=success,FAILURE,delay", "<bob@b.example>"},
           {"TO:<bob@b.example> NOTIFY=NEVER,DELAY", "501 5.5.4"},
           {"TO:<bob@b.example> NOTIFY=", "501 5.5.4"},
           {"TO:<bob@b.example> NOTIFY=DELAY,", "501 5.5.4"},
           {"TO:<bob@b.example> NOTIFY=DELAY NOTIFY=DELAY", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;bob", "<bob@b.example>"},
           {"TO:<bob@b.example> ORCPT=bob", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=;bob", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc:822;x", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;a+0D+0ABcc:+20x", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;a+C3+A4", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;" + std::string(494, 'x'), "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=rfc822;x ORCPT=rfc822;x", "501 5.5.4"},
           {"TO:<bob@b.example> ORCPT=utf-8;a\xC3\xA4", "501 5.5.4"},
           {"TO:<bob@b.example> SIZE=1", "555 5.5.4"},
           {"TO:<\xC3\xA4@b.example>", "553 5.6.7"},
       }) {
    EXPECT_EQ(rcpt(argument), want) << argument;
  }
  EXPECT_EQ(rcpt("TO:<\xC3\xA4@b.example> ORCPT=utf-8;a\xC3\xA4", true), "<\xC3\xA4@b.example>");
}

TEST(Grammar, RecipientValues) {
  const auto parsed =
      parse_rcpt("TO:<b@b.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;b+2Bc", kRules, false);
  ASSERT_TRUE(parsed);
  EXPECT_EQ(parsed->notify, kNotifySuccess | kNotifyDelay);
  EXPECT_EQ(parsed->orcpt, "rfc822;b+c");
  EXPECT_EQ(parse_rcpt("TO:<b@b.example> NOTIFY=NEVER", kRules, false)->notify, kNotifyNever);
  EXPECT_EQ(parse_rcpt("TO:<b@b.example> ORCPT=UTF-8;a+b", kRules, false)->orcpt, "UTF-8;a+b");
}

TEST(Grammar, Chunks) {
  const auto parse = [](std::string_view argument) -> std::string {
    const auto chunk = parse_bdat(argument);
    return chunk ? std::to_string(chunk->bytes) + (chunk->last ? " last" : "") : "malformed";
  };
  EXPECT_EQ(parse("0"), "0");
  EXPECT_EQ(parse("12  LAST"), "12 last");
  EXPECT_EQ(parse("12 last"), "12 last");
  for (const char* wrong : {"", "LAST", "-1", "+1", "1 FIRST", "1 LAST LAST", "0x1",
                            "99999999999999999999999", "1LAST"}) {
    EXPECT_EQ(parse(wrong), "malformed") << wrong;
  }
}

}  // namespace
}  // namespace postrider::smtp
