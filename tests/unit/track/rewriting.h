// Rewriting in one call, for tests: a message or a page in, what a recipient gets out.
#pragma once

#include <gtest/gtest.h>
#include <sodium.h>
#include <string>
#include <string_view>

#include "track/plan.h"
#include "track/splice.h"
#include "track/token.h"

namespace postrider::track {

constexpr AccountId kAccount{7};
constexpr MessageId kMessage{73061140480256};

inline TokenKeys keys() {
  EXPECT_GE(sodium_init(), 0);
  auto made = TokenKeys::create({{.id = 3, .key = {1, 2, 3}}});
  EXPECT_TRUE(made);
  return *std::move(made);
}

inline LinkRules rules() {
  LinkRules rules;
  rules.base = "https://t.example";
  rules.opens = false;
  return rules;
}

inline std::string copy_of(const Plan& plan, std::string_view message) {
  const auto splice = Splice::prepare(plan, message);
  EXPECT_TRUE(splice) << splice.error().text();
  return splice ? splice->copy_for(keys().maker(kAccount, kMessage), 0) : std::string();
}

/// The tracking URL of link number `link`.
inline std::string url_of(std::uint16_t link, TokenKind kind = TokenKind::click) {
  return keys().maker(kAccount, kMessage).url("https://t.example", 0, kind, link);
}

inline std::string pixel() {
  return "<img src=\"" + url_of(0, TokenKind::open) +
         "\" width=\"1\" height=\"1\" alt=\"\" border=\"0\" "
         "style=\"position:absolute;top:0;left:0\">";
}

/// With "[0]" for the first link's tracking URL, and so on, and "[pixel]".
inline std::string with_marks(std::string text, std::size_t links = 10) {
  const auto replace = [&text](const std::string& what, const std::string& by) {
    for (std::size_t at = 0; (at = text.find(what, at)) != std::string::npos; at += by.size()) {
      text.replace(at, what.size(), by);
    }
  };
  replace(pixel(), "[pixel]");
  for (std::size_t i = 0; i < links; ++i) {
    for (const TokenKind kind : {TokenKind::click, TokenKind::app_click}) {
      replace(url_of(static_cast<std::uint16_t>(i), kind), "[" + std::to_string(i) + "]");
    }
  }
  return text;
}

inline std::string rewritten_page(std::string_view page, const LinkRules& how = rules()) {
  return with_marks(copy_of(plan_page(page, how), page));
}

}  // namespace postrider::track
