#include "smtp/client_commands.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::smtp {
namespace {

using testing::ElementsAre;

PeerFeatures everything() {
  return parse_features(
      "mx.example greets you\nPIPELINING\nSIZE 1000\n8BITMIME\nSMTPUTF8\nCHUNKING\nDSN\nSTARTTLS\n"
      "ENHANCEDSTATUSCODES");
}

Envelope full_envelope() {
  Envelope envelope;
  envelope.reverse_path = {.local = "bounces+x", .domain = "example.org"};
  envelope.body = Body::eight_bit_mime;
  envelope.smtputf8 = true;
  envelope.ret = Ret::headers;
  envelope.envid = "order=17";
  Recipient& recipient = envelope.recipients.emplace_back();
  recipient.address = {.local = "ann", .domain = "example.net"};
  recipient.notify = kNotifySuccess | kNotifyFailure | kNotifyDelay;
  recipient.orcpt = "rfc822;ann+news@example.net";
  return envelope;
}

std::string mail(const PeerFeatures& peer, const Envelope& envelope) {
  std::string line;
  append_mail(line, peer, envelope, 512);
  return line;
}

std::string recipient(const PeerFeatures& peer, const Recipient& recipient) {
  std::string line;
  append_recipient(line, peer, recipient);
  return line;
}

TEST(ClientCommands, FeaturesAreReadInAnyCase) {
  const PeerFeatures peer = parse_features(
      "mx.example\npipelining\nSize 35882577\n8BitMime\nSMTPUTF8\nChunking\nDSN\nSTARTTLS\n"
      "enhancedstatuscodes\nAUTH LOGIN plain\nAUTH=LOGIN CRAM-MD5\nLIMITS RCPTMAX=100 mailmax=20 "
      "X=1\n"
      "XCLIENT NAME");
  EXPECT_TRUE(peer.esmtp);
  EXPECT_TRUE(peer.pipelining);
  EXPECT_TRUE(peer.size);
  EXPECT_EQ(peer.size_max, 35882577U);
  EXPECT_TRUE(peer.eight_bit_mime);
  EXPECT_TRUE(peer.smtputf8);
  EXPECT_TRUE(peer.chunking);
  EXPECT_TRUE(peer.dsn);
  EXPECT_TRUE(peer.starttls);
  EXPECT_TRUE(peer.enhanced_status_codes);
  EXPECT_EQ(peer.recipients_max, 100U);
  EXPECT_EQ(peer.transactions_max, 20U);
  EXPECT_THAT(peer.auth, ElementsAre("LOGIN", "PLAIN", "CRAM-MD5"));
}

TEST(ClientCommands, ThePeersNameIsNoFeatureAndNonsenseIsPassedOver) {
  const PeerFeatures peer =
      parse_features("PIPELINING\nSIZE\n\nLIMITS RCPTMAX\nAUTH\nLIMITS MAILMAX=x");
  EXPECT_FALSE(peer.pipelining);
  EXPECT_TRUE(peer.size);
  EXPECT_EQ(peer.size_max, 0U);
  EXPECT_EQ(peer.recipients_max, 0U);
  EXPECT_EQ(peer.transactions_max, 0U);
  EXPECT_TRUE(peer.auth.empty());
}

TEST(ClientCommands, ParametersGoToAPeerThatOffersThem) {
  const Envelope envelope = full_envelope();
  EXPECT_EQ(mail(everything(), envelope),
            "MAIL FROM:<bounces+x@example.org> SIZE=512 BODY=8BITMIME SMTPUTF8 RET=HDRS "
            "ENVID=order+3D17\r\n");
  EXPECT_EQ(recipient(everything(), envelope.recipients[0]),
            "RCPT TO:<ann@example.net> NOTIFY=SUCCESS,FAILURE,DELAY "
            "ORCPT=rfc822;ann+2Bnews@example.net\r\n");
}

TEST(ClientCommands, ParametersDoNotGoToAPeerThatDoesNotOfferThem) {
  const Envelope envelope = full_envelope();
  const PeerFeatures none;
  EXPECT_EQ(mail(none, envelope), "MAIL FROM:<bounces+x@example.org>\r\n");
  EXPECT_EQ(recipient(none, envelope.recipients[0]), "RCPT TO:<ann@example.net>\r\n");
}

TEST(ClientCommands, EachParameterFollowsItsOwnFeature) {
  const Envelope envelope = full_envelope();
  struct Case {
    bool PeerFeatures::* feature;
    std::string_view parameters;
  };
  const Case cases[] = {
      {&PeerFeatures::size, " SIZE=512"},
      {&PeerFeatures::eight_bit_mime, " BODY=8BITMIME"},
      {&PeerFeatures::smtputf8, " SMTPUTF8"},
      {&PeerFeatures::dsn, " RET=HDRS ENVID=order+3D17"},
  };
  for (const Case& row : cases) {
    PeerFeatures peer;
    peer.*row.feature = true;
    EXPECT_EQ(mail(peer, envelope),
              "MAIL FROM:<bounces+x@example.org>" + std::string(row.parameters) + "\r\n");
  }
}

TEST(ClientCommands, WhatTheEnvelopeDoesNotAskForIsNotSaid) {
  Envelope plain;
  plain.recipients.emplace_back().address = {.local = "a b", .domain = "[192.0.2.1]"};
  EXPECT_EQ(mail(everything(), plain), "MAIL FROM:<> SIZE=512\r\n");
  EXPECT_EQ(recipient(everything(), plain.recipients[0]), "RCPT TO:<\"a b\"@[192.0.2.1]>\r\n");
}

TEST(ClientCommands, NotifyNeverStandsAloneAndAnOrcptThatIsNotAsciiStaysHere) {
  Envelope envelope = full_envelope();
  envelope.ret = Ret::full;
  envelope.recipients[0].notify = kNotifyNever;
  envelope.recipients[0].orcpt = "utf-8;j\xC3\xBCrgen@example.net";
  EXPECT_EQ(recipient(everything(), envelope.recipients[0]),
            "RCPT TO:<ann@example.net> NOTIFY=NEVER\r\n");
  EXPECT_THAT(mail(everything(), envelope), testing::HasSubstr(" RET=FULL"));
}

TEST(ClientCommands, PeerIsCheckedForWhatTheMessageNeeds) {
  Envelope plain;
  plain.recipients.emplace_back().address = {.local = "ann", .domain = "example.net"};
  Envelope foreign = plain;
  foreign.recipients[0].address.local = "j\xC3\xBCrgen";
  Envelope asking = plain;
  asking.smtputf8 = true;
  PeerFeatures small;
  small.size = true;
  small.size_max = 1000;
  EXPECT_TRUE(check_peer(small, plain, 1000));
  EXPECT_FALSE(check_peer(small, plain, 1001));
  EXPECT_TRUE(check_peer(PeerFeatures(), plain, 1001));
  EXPECT_FALSE(check_peer(PeerFeatures(), foreign, 1));
  EXPECT_FALSE(check_peer(PeerFeatures(), asking, 1));
  EXPECT_TRUE(check_peer(everything(), foreign, 1));
  EXPECT_EQ(check_peer(PeerFeatures(), foreign, 1).error().code(), Errc::invalid);
}

}  // namespace
}  // namespace postrider::smtp
