#include "bounce/taxonomy.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace postrider::bounce {
namespace {

using testing::IsEmpty;
using testing::Not;

TEST(Taxonomy, EachCategoryIsFoundByItsName) {
  for (const Category category : all_categories()) {
    EXPECT_EQ(parse_category(to_string(category)), category) << to_string(category);
  }
  EXPECT_EQ(all_categories().size(), 31U);
  EXPECT_EQ(parse_category("no_such_mailbox"), std::nullopt);
}

TEST(Taxonomy, KindsAndRetriesAreFoundByTheirNames) {
  for (const Kind kind :
       {Kind::hard, Kind::soft, Kind::block, Kind::complaint, Kind::autoreply, Kind::unknown}) {
    EXPECT_EQ(parse_kind(to_string(kind)), kind);
  }
  for (const Retry retry : {Retry::yes, Retry::no, Retry::later}) {
    EXPECT_EQ(parse_retry(to_string(retry)), retry);
  }
  EXPECT_EQ(parse_kind(""), std::nullopt);
  EXPECT_EQ(parse_retry("maybe"), std::nullopt);
}

TEST(Taxonomy, WhatIsAboutTheSenderIsNeverHard) {
  for (const Category category : all_categories()) {
    if (is_about_sender(category)) {
      EXPECT_EQ(usual_kind(category), Kind::block) << to_string(category);
    }
  }
  for (const Category category :
       {Category::ip_blocked, Category::auth_failed, Category::spam_content, Category::policy,
        Category::rate_limited, Category::content_refused}) {
    EXPECT_TRUE(is_about_sender(category)) << to_string(category);
  }
  EXPECT_FALSE(is_about_sender(Category::no_such_mailbox));
}

TEST(Taxonomy, MailjetHasTwoWordsForAllButComplaints) {
  for (const Category category : all_categories()) {
    if (category != Category::complaint) {
      EXPECT_THAT(mailjet_error(category).related_to, Not(IsEmpty())) << to_string(category);
      EXPECT_THAT(mailjet_error(category).error, Not(IsEmpty())) << to_string(category);
    }
  }
  EXPECT_EQ(mailjet_error(Category::no_such_mailbox).related_to, "recipient");
  EXPECT_EQ(mailjet_error(Category::no_such_mailbox).error, "user unknown");
  EXPECT_EQ(mailjet_error(Category::relay_denied).error, "relay/access denied");
}

}  // namespace
}  // namespace postrider::bounce
