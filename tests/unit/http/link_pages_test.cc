#include "http/link_pages.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <set>

namespace postrider::http {
namespace {

using testing::HasSubstr;
using testing::Not;

TEST(UnsubscribePage, IsInTheLanguageThatTheReaderLikesBest) {
  struct Row {
    const char* accept_language;
    const char* language;
  };
  for (const Row& row :
       {Row{"", "en"}, Row{"de", "de"}, Row{"de-AT,de;q=0.9,en;q=0.5", "de"}, Row{"FR-ca", "fr"},
        Row{"xx, ja;q=0.1", "ja"}, Row{"en;q=0.2,pl;q=0.8", "pl"}, Row{"es;q=0, it;q=0.001", "it"},
        Row{"*", "en"}, Row{"de;q=x, nl;q=0.3", "nl"}, Row{",,;;q=,,", "en"},
        Row{"sv;q=1.5,cs;q=0.5", "cs"}}) {
    EXPECT_EQ(words_for(row.accept_language).language, row.language) << row.accept_language;
  }
}

TEST(UnsubscribePage, IsThereInTenLanguagesAtLeast) {
  std::set<std::string_view> languages;
  for (const UnsubscribeWords& words : unsubscribe_languages()) {
    languages.insert(words.language);
    const std::string page = unsubscribe_page(words, "shop.example", false);
    EXPECT_THAT(page, HasSubstr("<html lang=\"" + std::string(words.language) + "\">"));
    EXPECT_THAT(page, HasSubstr("<strong>shop.example</strong>")) << words.language;
    EXPECT_THAT(page, HasSubstr("<form method=\"post\">"));
    EXPECT_THAT(page, HasSubstr("value=\"stream\" checked"));
    EXPECT_THAT(page, HasSubstr("value=\"all\">"));
    for (const std::string& other : {unsubscribe_page(words, "shop.example", true),
                                     unsubscribed_page(words, "shop.example", false),
                                     unsubscribed_page(words, "shop.example", true)}) {
      EXPECT_THAT(other, HasSubstr("<strong>shop.example</strong>")) << words.language;
      EXPECT_THAT(other, Not(HasSubstr("value=\"stream\"")));
      EXPECT_THAT(other, Not(HasSubstr("{}")));
    }
  }
  EXPECT_GE(languages.size(), 10U);
}

TEST(UnsubscribePage, WhatComesFromOutsideIsText) {
  const std::string page = unsubscribe_page(words_for("en"), "<script>\"'&", false);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&quot;&#39;&amp;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(revoked_link_page("<b>"), Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace postrider::http
