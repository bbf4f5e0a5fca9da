#include "delivery/render.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "links/key_ring.h"
#include "support/temporary_directory.h"
#include "track/plan.h"

namespace postrider::delivery {
namespace {

using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

const Time kNow{std::chrono::seconds(1'800'000'000)};
const std::string kContent = "From: shop@example.org\r\nSubject: order 17\r\n\r\nhello\r\n";

smtp::Recipient recipient(std::string local, std::string domain) {
  smtp::Recipient made;
  made.address = {.local = std::move(local), .domain = std::move(domain)};
  return made;
}

class Render : public testing::Test {
 protected:
  void SetUp() override {
    account_ = directory_->add_account("shop", kNow)->id;
    ASSERT_TRUE(directory_->add_domain(account_, "example.org", true, kNow));
    fresh_.message.id = MessageId{1024};
    fresh_.message.account = account_;
    fresh_.message.from_domain = "example.org";
    fresh_.message.envelope.reverse_path = {.local = "shop", .domain = "example.org"};
    fresh_.message.envelope.recipients = {recipient("ann", "example.net"),
                                          recipient("bob", "example.net")};
    fresh_.content = std::make_shared<const std::string>(kContent);
    fresh_.message.size = kContent.size();
  }

  RenderContext context() {
    RenderContext made;
    made.directory = directory_->snapshot();
    made.token_key.fill(7);
    made.return_path_domain = "bounces.relay.test";
    made.hostname = "relay.test";
    return made;
  }

  smtp::Envelope envelope(std::vector<std::uint32_t> indexes) {
    return outgoing_envelope(fresh_.message, indexes,
                             copy_token(fresh_.message, indexes.front(), context()), context());
  }

  std::string head(std::uint32_t index) {
    const Result<Rendered> made =
        render(fresh_, index, copy_token(fresh_.message, index, context()), context(), kNow);
    EXPECT_TRUE(made) << made.error().text();
    return made->head;
  }

  TemporaryDirectory directory_;
  AccountId account_;
  queue::Fresh fresh_;
};

TEST_F(Render, EachRecipientHasAReturnPathThatNamesIt) {
  const mail::Address path = envelope({1}).reverse_path;
  EXPECT_EQ(path.domain, "bounces.relay.test");
  ASSERT_THAT(path.local, StartsWith("bounces+"));
  EXPECT_EQ(mail::read_token(context().token_key, path.local.substr(8)),
            recipient_of(fresh_.message.id, 1));
}

TEST_F(Render, ABounceKeepsItsNullReturnPath) {
  fresh_.message.envelope.reverse_path = {};
  EXPECT_TRUE(envelope({0}).reverse_path.is_null());
}

TEST_F(Render, TheCopyNamesItsRecipientInASignedField) {
  EXPECT_THAT(head(1),
              HasSubstr("X-Postrider-Id: " +
                        mail::make_token(context().token_key, recipient_of(fresh_.message.id, 1))));
  EXPECT_THAT(head(1), StartsWith("DKIM-Signature: "));
  EXPECT_THAT(head(1), HasSubstr("ed25519-sha256"));
  EXPECT_THAT(head(1), HasSubstr("rsa-sha256"));
}

TEST_F(Render, TheStoredMessageFollowsUntouched) {
  EXPECT_EQ(*render(fresh_, 0, "token", context(), kNow)->content, kContent);
}

TEST_F(Render, WithoutOwnReturnPathsAllCopiesAreTheSame) {
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  const smtp::Envelope both = envelope({0, 1});
  EXPECT_EQ(both.recipients.size(), 2U);
  EXPECT_EQ(both.reverse_path, fresh_.message.envelope.reverse_path);
  EXPECT_EQ(head(0), head(1));
}

TEST_F(Render, BulkMailWithoutAMessageIdGetsOneForEachCopy) {
  fresh_.message.lacks_message_id = true;
  EXPECT_THAT(head(0), HasSubstr("Message-ID: <" + copy_token(fresh_.message, 0, context()) +
                                 "@example.org>"));
  EXPECT_THAT(head(1), HasSubstr("Message-ID: <" + copy_token(fresh_.message, 1, context()) +
                                 "@example.org>"));
}

TEST_F(Render, ReportsOfSuccessAreOursWhereTheReturnPathIs) {
  auto& notify = fresh_.message.envelope.recipients[0].notify;
  notify = smtp::kNotifySuccess | smtp::kNotifyFailure;
  EXPECT_EQ(envelope({0}).recipients[0].notify, smtp::kNotifyFailure);
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  EXPECT_EQ(envelope({0}).recipients[0].notify, smtp::kNotifySuccess | smtp::kNotifyFailure);
}

class RenderTracked : public Render {
 protected:
  void SetUp() override {
    Render::SetUp();
    const std::string mail =
        "From: shop@example.org\r\nContent-Type: text/html\r\n\r\n"
        "<a href=\"https://x.example/\">x</a>\r\n";
    track::LinkRules rules;
    rules.base = "https://t.example";
    fresh_.content = std::make_shared<const std::string>(mail);
    auto splice = track::Splice::prepare(track::plan_message(mail, rules), *fresh_.content);
    ASSERT_TRUE(splice);
    fresh_.splice = std::make_shared<const track::Splice>(*std::move(splice));
    fresh_.message.is_tracked = true;
    fresh_.message.privacy = Privacy::identified;
  }

  RenderContext context() {
    RenderContext made = Render::context();
    made.tracking_keys = keys_->current();
    return made;
  }

  Rendered rendered(std::uint32_t index) {
    Result<Rendered> made = render(fresh_, index, "token", context(), kNow);
    EXPECT_TRUE(made) << made.error().text();
    return *std::move(made);
  }

  /// Recipient that a copy's link names.
  std::uint32_t named_in(const std::string& copy) {
    const auto at = copy.find("https://t.example/c/") + 20;
    const auto read = keys_->current()->read(copy.substr(at, track::kTokenLetters),
                                             track::TokenKind::click, account_);
    EXPECT_TRUE(read);
    return read ? read->recipient : 0;
  }

  std::unique_ptr<links::KeyRing> keys_ = *links::KeyRing::open(*directory_);
};

TEST_F(RenderTracked, EachCopyHasLinksOfItsRecipientAndASignatureOfItsOwn) {
  const Rendered first = rendered(0);
  const Rendered second = rendered(1);
  EXPECT_EQ(named_in(*first.content), 0U);
  EXPECT_EQ(named_in(*second.content), 1U);
  EXPECT_EQ(first.content->size(), fresh_.splice->size());
  const auto hash_in = [](const std::string& head) {
    const auto at = head.find("bh=");
    return head.substr(at, head.find(';', at) - at);
  };
  EXPECT_NE(hash_in(first.head), hash_in(second.head));
  EXPECT_EQ(*rendered(0).content, *first.content);
  EXPECT_TRUE(is_costly(fresh_.message, *directory_->snapshot()));
}

TEST_F(RenderTracked, AnonymousCopiesNameNobody) {
  fresh_.message.privacy = Privacy::anonymous;
  EXPECT_EQ(named_in(*rendered(0).content), track::kNobody);
  EXPECT_EQ(*rendered(0).content, *rendered(1).content);
}

TEST_F(RenderTracked, CopiesStayTheirOwnWithOneReturnPathForAll) {
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  EXPECT_NE(copy_token(fresh_.message, 0, context()), copy_token(fresh_.message, 1, context()));
  EXPECT_EQ(named_in(*rendered(1).content), 1U);
}

class RenderWayOut : public Render {
 protected:
  void SetUp() override {
    Render::SetUp();
    fresh_.message.is_bulk = true;
    fresh_.message.lacks_unsubscribe = true;
    ASSERT_TRUE(directory_->change_account("shop", {.tracking = [](directory::Tracking& changed) {
                                             changed.host = "https://t.example";
                                           }}));
  }

  RenderContext context() {
    RenderContext made = Render::context();
    made.tracking_keys = keys_->current();
    made.unsubscribe_mail = mail_;
    return made;
  }

  std::string head(std::uint32_t index) {
    const Result<Rendered> made =
        render(fresh_, index, copy_token(fresh_.message, index, context()), context(), kNow);
    EXPECT_TRUE(made) << made.error().text();
    return made->head;
  }

  /// The fields that a copy should have.
  std::string fields(std::uint32_t index, const std::string& domain) {
    const std::string page = keys_->current()
                                 ->maker(account_, fresh_.message.id)
                                 .url("https://t.example", index, track::TokenKind::unsubscribe);
    return "\r\nList-Unsubscribe: <" + page + ">,\r\n <mailto:unsubscribe+" +
           mail::make_token(context().token_key, recipient_of(fresh_.message.id, index)) + "@" +
           domain + ">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n";
  }

  std::unique_ptr<links::KeyRing> keys_ = *links::KeyRing::open(*directory_);
  UnsubscribeMail mail_{.is_read = true, .domain = "bounces.relay.test"};
};

TEST_F(RenderWayOut, EachCopyHasItsRecipientsPageAndMailboxSigned) {
  EXPECT_THAT(head(0), HasSubstr(fields(0, "bounces.relay.test")));
  EXPECT_THAT(head(1), HasSubstr(fields(1, "bounces.relay.test")));
  std::string signature = head(1);
  signature.resize(signature.find("X-Postrider-Id: "));
  std::erase_if(signature, [](char c) { return c == ' ' || c == '\r' || c == '\n'; });
  EXPECT_THAT(signature, HasSubstr(":List-Unsubscribe:List-Unsubscribe-Post:"));
}

TEST_F(RenderWayOut, CopiesAreTheirOwnWithOneReturnPathForAll) {
  ASSERT_TRUE(directory_->change_account("shop", {.own_return_paths = false}));
  EXPECT_THAT(head(1), HasSubstr(fields(1, "bounces.relay.test")));
}

TEST_F(RenderWayOut, TheMailboxIsAtTheDomainsOwnReturnPath) {
  mail_.domain.clear();
  EXPECT_THAT(head(0), Not(HasSubstr("mailto:")));
  EXPECT_THAT(head(0), HasSubstr(">\r\nList-Unsubscribe-Post: "));
  ASSERT_TRUE(directory_->use_own_return_path("example.org", true));
  EXPECT_THAT(head(0), HasSubstr(fields(0, "bounces.example.org")));
}

TEST_F(RenderWayOut, OneClickNeedsAPage) {
  ASSERT_TRUE(directory_->change_account(
      "shop", {.tracking = [](directory::Tracking& changed) { changed.host = ""; }}));
  EXPECT_THAT(head(0), HasSubstr("\r\nList-Unsubscribe: <mailto:unsubscribe+"));
  EXPECT_THAT(head(0), Not(HasSubstr("List-Unsubscribe-Post: ")));
}

TEST_F(RenderWayOut, OneClickNeedsASignature) {
  ASSERT_TRUE(directory_->set_keys("example.org", {}));
  EXPECT_THAT(head(0), HasSubstr("List-Unsubscribe: <https://"));
  EXPECT_THAT(head(0), Not(HasSubstr("List-Unsubscribe-Post")));
}

TEST_F(RenderWayOut, OtherMailIsGivenNone) {
  fresh_.message.lacks_unsubscribe = false;
  EXPECT_THAT(head(0), Not(HasSubstr("List-Unsubscribe")));
}

TEST_F(RenderWayOut, TheEstimateCoversTheCopy) {
  const Result<Rendered> made =
      render(fresh_, 0, copy_token(fresh_.message, 0, context()), context(), kNow);
  EXPECT_GE(estimated_size(fresh_, context()), made->head.size() + made->content->size());
}

TEST_F(Render, AnUnknownDomainIsNotSigned) {
  fresh_.message.from_domain = "";
  EXPECT_THAT(head(0), Not(HasSubstr("DKIM-Signature")));
  EXPECT_FALSE(is_costly(fresh_.message, *directory_->snapshot()));
}

TEST_F(Render, AUtf8AddressOrHeaderAsksForSmtpUtf8) {
  EXPECT_FALSE(envelope({0}).smtputf8);
  fresh_.message.has_eight_bit_header = true;
  EXPECT_TRUE(envelope({0}).smtputf8);
  fresh_.message.has_eight_bit_header = false;
  fresh_.message.envelope.recipients[1].address.local = "j\xc3\xbcrgen";
  EXPECT_FALSE(envelope({0}).smtputf8);
  EXPECT_TRUE(envelope({1}).smtputf8);
}

TEST_F(Render, TheEstimateCoversTheCopy) {
  const Result<Rendered> made = render(fresh_, 0, "token", context(), kNow);
  const std::uint64_t size = made->head.size() + made->content->size();
  EXPECT_GE(estimated_size(fresh_, context()), size);
}

TEST_F(Render, ForAPeerWithoutEightBitsTheConvertedMessageIsSigned) {
  const std::string eight_bit =
      "From: shop@example.org\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
      "Content-Transfer-Encoding: 8bit\r\n\r\nGr\xc3\xbc\xc3\x9f"
      "e\r\n";
  fresh_.content = std::make_shared<const std::string>(eight_bit);
  fresh_.message.has_eight_bit_body = true;
  const Result<Rendered> made = render_seven_bit(fresh_, 0, "token", context(), kNow);
  ASSERT_TRUE(made) << made.error().text();
  for (const char byte : *made->content) {
    EXPECT_GE(byte, 0);
  }
  EXPECT_THAT(made->head, StartsWith("DKIM-Signature: "));
}

}  // namespace
}  // namespace postrider::delivery
