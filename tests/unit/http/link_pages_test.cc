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
    const std::string page =
        unsubscribe_page(words, "shop.example", false, TrackingOffer::may_refuse);
    EXPECT_THAT(page, HasSubstr("<html lang=\"" + std::string(words.language) + "\">"));
    EXPECT_THAT(page, HasSubstr("<strong>shop.example</strong>")) << words.language;
    EXPECT_THAT(page, HasSubstr("<form method=\"post\">"));
    EXPECT_THAT(page, HasSubstr("value=\"stream\" checked"));
    EXPECT_THAT(page, HasSubstr("value=\"all\">"));
    for (const std::string& other :
         {unsubscribe_page(words, "shop.example", true, TrackingOffer::nothing),
          unsubscribed_page(words, "shop.example", false, TrackingOffer::may_refuse),
          unsubscribed_page(words, "shop.example", true, TrackingOffer::has_refused),
          untracked_page(words, "shop.example")}) {
      EXPECT_THAT(other, HasSubstr("<strong>shop.example</strong>")) << words.language;
      EXPECT_THAT(other, Not(HasSubstr("value=\"stream\"")));
      EXPECT_THAT(other, Not(HasSubstr("{}")));
    }
  }
  EXPECT_GE(languages.size(), 10U);
}

TEST(UnsubscribePage, HasAChoiceOfItsOwnAboutTracking) {
  for (const UnsubscribeWords& words : unsubscribe_languages()) {
    const auto page_with = [&](TrackingOffer offer) {
      return unsubscribe_page(words, "shop.example", false, offer);
    };
    const std::string asked = page_with(TrackingOffer::may_refuse);
    const auto form = asked.find("name=\"tracking\" value=\"refuse\"");
    ASSERT_NE(form, std::string::npos) << words.language;
    EXPECT_GT(form, asked.find("</form>")) << "its own, so that neither button does both";
    EXPECT_THAT(asked, HasSubstr(std::string(words.refuse_tracking) + "</button>"));
    EXPECT_THAT(page_with(TrackingOffer::nothing), Not(HasSubstr("tracking")));
    EXPECT_THAT(page_with(TrackingOffer::has_refused), Not(HasSubstr("name=\"tracking\"")));
    const std::string held(words.untracked.substr(words.untracked.find("{}") + 2));
    EXPECT_THAT(page_with(TrackingOffer::has_refused), HasSubstr(held));
    EXPECT_THAT(untracked_page(words, "shop.example"), HasSubstr(held));
  }
}

TEST(UnsubscribePage, WhatComesFromOutsideIsText) {
  const std::string page =
      unsubscribe_page(words_for("en"), "<script>\"'&", false, TrackingOffer::may_refuse);
  EXPECT_THAT(page, HasSubstr("&lt;script&gt;&quot;&#39;&amp;"));
  EXPECT_THAT(page, Not(HasSubstr("<script>")));
  EXPECT_THAT(revoked_link_page("<b>"), Not(HasSubstr("<b>")));
}

}  // namespace
}  // namespace postrider::http
