#include "bounce/normal_form.h"

#include <gtest/gtest.h>

namespace postrider::bounce {
namespace {

std::string normal(std::string_view text, int code = 0, std::string_view enhanced = {}) {
  std::string out;
  normalise(text, text.size(), code, enhanced, out);
  return out;
}

struct Row {
  std::string name;
  std::string text;
  std::string want;
};

class NormalForm : public testing::TestWithParam<Row> {};

TEST_P(NormalForm, IsAsWanted) {
  EXPECT_EQ(normal(GetParam().text), GetParam().want);
}

INSTANTIATE_TEST_SUITE_P(
    Texts, NormalForm,
    testing::Values(
        Row{"LowerCase", "User UNKNOWN", "user unknown"},
        Row{"WhiteSpace",
            "  a\t\r\n b\xC2\xA0\xE3\x80\x80"
            "c  ",
            "a b c"},
        Row{"Accents", "Boîte pleine, Größe, Łódź, Æther", "boite pleine, grosse, lodz, aether"},
        Row{"AccentsThatStandAlone", "e\xCC\x81t\xC3\xA9", "ete"},
        Row{"FullWidth", "ＵＳＥＲ　ｕｎｋｎｏｗｎ", "user unknown"},
        Row{"Cyrillic", "Почтовый ЯЩИК не НАЙДЁН", "почтовый ящик не найден"},
        Row{"TypographicMarks", "doesn\u2019t \u201Cexist\u201D \u2013 no",
            "doesn't \"exist\" - no"},
        Row{"Address", "<Spam.Virus+x@Mail.example.com>: unknown", "<@>: unknown"},
        Row{"AddressThenDots", "ann@example.com...User unknown", "@..user unknown"},
        Row{"AddressInUrl", "see http://x.example/?to=a@b.example&c=1",
            "see http://x.example/@&c=1"},
        Row{"NotUtf8", "bo\xEEte", "bo?te"},
        Row{"TakenForLatin1", "Queremos informarte quizÃ¡s", "queremos informarte quizas"},
        Row{"TakenForWindows1252", "vÅ¡e sedÃ­ â€“ ano", "vse sedi - ano"}, Row{"Empty", "", ""}),
    [](const testing::TestParamInfo<Row>& row) { return row.param.name; });

TEST(NormalFormCodes, ThatAreKnownAndRepeatedAreGone) {
  EXPECT_EQ(normal("550-5.1.1 The email account\r\n550-5.1.1 that you tried\r\n550 5.1.1 is not",
                   550, "5.1.1"),
            "the email account that you tried is not");
  EXPECT_EQ(normal("550-no such\n550 user", 550), "no such user");
}

TEST(NormalFormCodes, OfOthersStay) {
  EXPECT_EQ(normal("452 5.2.2 in 550 5.1.1", 550, "5.1.1"), "452 5.2.2 in");
  EXPECT_EQ(normal("5501 5.1.10", 550, "5.1.1"), "5501 5.1.10");
}

TEST(NormalForm, LooksAtNoMoreThanItIsTold) {
  std::string out;
  normalise("user unknown", 4, 0, {}, out);
  EXPECT_EQ(out, "user");
}

TEST(NormalForm, IsNeverLongerThanItsText) {
  for (const std::string text : {"ßßß", "@@@@", "Ã¡Ã¡", "\xFF\xFE\xFD", "ＡＢＣ", "ĲŒ"}) {
    EXPECT_LE(normal(text).size(), text.size()) << text;
  }
}

}  // namespace
}  // namespace postrider::bounce
