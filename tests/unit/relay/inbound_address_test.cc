#include "relay/inbound_address.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <string>

#include "support/temporary_directory.h"

namespace postrider::relay {
namespace {

const Time kNow{std::chrono::seconds(1'800'000'000)};
constexpr RecipientId kAnn{kIdStep * 77};

class InboundAddressTest : public testing::Test {
 protected:
  void SetUp() override {
    names_.token_key.fill(7);
    account_ = directory_->add_account("shop", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(account_, "shop.example", true, kNow));
    ASSERT_TRUE(directory_->add_domain(account_, "unverified.example", false, kNow));
  }

  std::expected<InboundAddress, smtp::Reply> at(std::string_view local, std::string_view domain) {
    return inbound_address({.local = std::string(local), .domain = std::string(domain)}, names_,
                           *directory_->snapshot());
  }
  std::string refusal(std::string_view local, std::string_view domain) {
    const auto found = at(local, domain);
    return found ? "taken" : to_string(found.error()).substr(0, 9);
  }

  TemporaryDirectory directory_;
  AccountId account_;
  InboundNames names_{.hostname = "mx.relay.example", .return_path_domain = "rp.example"};
  std::string token_ = [] {
    mail::TokenKey key;
    key.fill(7);
    return mail::make_token(key, kAnn);
  }();
};

TEST_F(InboundAddressTest, ATokenNamesItsRecipientAtEveryReturnPathDomain) {
  for (const char* domain : {"rp.example", "bounces.shop.example"}) {
    const auto found = at("bounces+" + token_, domain);
    ASSERT_TRUE(found) << domain;
    EXPECT_EQ(found->use, InboundUse::bounce);
    EXPECT_EQ(found->recipient, kAnn);
  }
}

TEST_F(InboundAddressTest, HostsMayFoldTheLocalPart) {
  std::string loud = "BOUNCES+" + token_;
  for (char& c : loud) {
    c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  }
  const auto found = at(loud, "rp.example");
  ASSERT_TRUE(found);
  EXPECT_EQ(found->recipient, kAnn);
}

TEST_F(InboundAddressTest, AForgedOrCutTokenIsTakenAndNamesNobody) {
  std::string forged = token_;
  forged[20] = forged[20] == 'a' ? 'b' : 'a';
  mail::TokenKey other;
  other.fill(8);
  for (const std::string& token :
       {forged, token_.substr(0, 27), token_ + "a", std::string(), mail::make_token(other, kAnn)}) {
    const auto found = at("bounces+" + token, "rp.example");
    ASSERT_TRUE(found) << token;
    EXPECT_FALSE(found->recipient) << token;
    EXPECT_EQ(refusal("unsubscribe+" + token, "rp.example"), "550 5.1.1") << token;
  }
}

TEST_F(InboundAddressTest, UsesAreTold) {
  EXPECT_EQ(at("bounces", "rp.example")->use, InboundUse::bounce);
  EXPECT_EQ(at("fbl", "rp.example")->use, InboundUse::complaint);
  EXPECT_EQ(at("unsubscribe+" + token_, "rp.example")->use, InboundUse::unsubscribe);
  EXPECT_EQ(at("unsubscribe+" + token_, "rp.example")->recipient, kAnn);
  for (const char* domain :
       {"rp.example", "bounces.shop.example", "shop.example", "mx.relay.example"}) {
    EXPECT_EQ(at("Postmaster", domain)->use, InboundUse::postmaster) << domain;
    EXPECT_EQ(at("abuse", domain)->use, InboundUse::abuse) << domain;
  }
  EXPECT_EQ(at("postmaster", "")->use, InboundUse::postmaster);
}

TEST_F(InboundAddressTest, WhatIsNotOursIsRefused) {
  EXPECT_EQ(refusal("ann", "rp.example"), "550 5.1.1");
  EXPECT_EQ(refusal("ann", "shop.example"), "550 5.1.1");
  EXPECT_EQ(refusal("bounces+" + token_, "shop.example"), "550 5.1.1");
  EXPECT_EQ(refusal("fbl", "mx.relay.example"), "550 5.1.1");
  EXPECT_EQ(refusal("postmaster", "unverified.example"), "550 5.7.1");
  EXPECT_EQ(refusal("bounces+" + token_, "bounces.elsewhere.example"), "550 5.7.1");
  EXPECT_EQ(refusal("postmaster", "elsewhere.example"), "550 5.7.1");
  EXPECT_EQ(refusal("postmaster", "[192.0.2.1]"), "550 5.7.1");
}

TEST_F(InboundAddressTest, AReturnPathIsReadWhateverItsDomain) {
  EXPECT_EQ(return_path_recipient("bounces+" + token_ + "@old.example", names_.token_key), kAnn);
  EXPECT_EQ(return_path_recipient("bounces+" + token_, names_.token_key), kAnn);
  EXPECT_FALSE(return_path_recipient(token_ + "@rp.example", names_.token_key));
  EXPECT_FALSE(return_path_recipient("", names_.token_key));
}

}  // namespace
}  // namespace postrider::relay
