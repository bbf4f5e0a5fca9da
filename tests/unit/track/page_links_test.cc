// The edge cases that a rewriter of HTML must get right.
#include "track/page_links.h"

#include <gtest/gtest.h>
#include <string>
#include <vector>

#include "rewriting.h"

namespace postrider::track {
namespace {

struct Row {
  std::string name;
  std::string page;
  std::string want;                  ///< "[0]" for the first tracking URL
  std::vector<std::string> targets;  ///< in the order of links
};

void PrintTo(const Row& row, std::ostream* out) {
  *out << row.name;
}

class PageLinks : public testing::TestWithParam<Row> {};

TEST_P(PageLinks, AreWhatABrowserWouldOpen) {
  const Row& row = GetParam();
  const Plan plan = plan_page(row.page, rules());
  std::vector<std::string> targets;
  for (const PlannedLink& link : plan.links) {
    targets.push_back(plan.targets[link.target]);
  }
  EXPECT_EQ(targets, row.targets);
  EXPECT_EQ(rewritten_page(row.page), row.want);
}

std::string name_of(const testing::TestParamInfo<Row>& info) {
  return info.param.name;
}

const std::vector<Row> kRewritten{
    {"UnquotedInUpperCase", "<A HREF = http://x/a>b</A>", "<A HREF = [0]>b</A>", {"http://x/a"}},
    {"UnquotedBeforeSlash", "<a href=http://x/a/>b", "<a href=[0]>b", {"http://x/a/"}},
    {"SingleQuotes", "<a href='http://x/\"'>", "<a href='[0]'>", {"http://x/%22"}},
    {"Ampersand", "<a href=\"http://x/?a=1&amp;b=2\">", "<a href=\"[0]\">", {"http://x/?a=1&b=2"}},
    {"EntityWithoutSemicolonBeforeEquals",
     "<a href=\"http://x/?a=1&copy=2\">",
     "<a href=\"[0]\">",
     {"http://x/?a=1&copy=2"}},
    {"EntityWithSemicolon",
     "<a href=\"http://x/?a&copy;=2\">",
     "<a href=\"[0]\">",
     {"http://x/?a%C2%A9=2"}},
    {"EntityAtTheEnd", "<a href=\"http://x/?&lt\">", "<a href=\"[0]\">", {"http://x/?%3C"}},
    {"DecodedOnce", "<a href=\"http://x/?&amp;amp;\">", "<a href=\"[0]\">", {"http://x/?&amp;"}},
    {"Numbers", "<a href='h&#84;&#x54p&#58;//x/&#150;'>", "<a href='[0]'>", {"http://x/%E2%80%93"}},
    {"OuterSpaceInnerTab", "<a href=\" \n htt\tps://x/ \">", "<a href=\"[0]\">", {"https://x/"}},
    {"EntityInScheme", "<a href=\"HT&#84;P://x\">", "<a href=\"[0]\">", {"http://x"}},
    {"FirstHrefWins",
     "<a href=\"http://x/1\" href=\"http://x/2\">",
     "<a href=\"[0]\" href=\"http://x/2\">",
     {"http://x/1"}},
    {"FirstHrefWinsThoughItIsNoLink",
     "<a href=\"#\" href=\"http://x/2\">",
     "<a href=\"#\" href=\"http://x/2\">",
     {}},
    {"WithoutAHost", "<a href=\"http:// \">", "<a href=\"[0]\">", {"http://"}},
    {"Area", "<map><area href=http://x/a></map>", "<map><area href=[0]></map>", {"http://x/a"}},
    {"SameUrlTwice",
     "<a href=http://x/a><a href=http://x/a>",
     "<a href=[0]><a href=[1]>",
     {"http://x/a", "http://x/a"}},
    {"NoSpaceBetweenAttributes",
     "<a class=\"b\"href=\"http://x/\"id=c>",
     "<a class=\"b\"href=\"[0]\"id=c>",
     {"http://x/"}},
    {"User", "<a href=https://user:p@x/>", "<a href=[0]>", {"https://user:p@x/"}},
    {"Ipv6", "<a href=\"https://[::1]:8080/a\">", "<a href=\"[0]\">", {"https://[::1]:8080/a"}},
    {"International",
     "<a href=\"https://bücher.de/ü?ß#ä\">",
     "<a href=\"[0]\">",
     {"https://xn--bcher-kva.de/%C3%BC?%C3%9F#%C3%A4"}},
    {"Emoji", "<a href=\"https://😀.ws/\">", "<a href=\"[0]\">", {"https://xn--e28h.ws/"}},
    {"InternationalInFull",
     "<a href=\"https://bücher.de./\">",
     "<a href=\"[0]\">",
     {"https://xn--bcher-kva.de./"}},
    {"UpperCaseHost",
     "<a href=\"https://X.Example:443/A\">",
     "<a href=\"[0]\">",
     {"https://x.example/A"}},
    {"OddHost", "<a href=\"http://a,b=c;d/\">", "<a href=\"[0]\">", {"http://a,b=c;d/"}},
    {"BackslashesInPath",
     "<a href=\"http://x\\a\\b?c\\d\">",
     "<a href=\"[0]\">",
     {"http://x/a/b?c\\d"}},
    {"TemplateInPath", "<a href=\"http://x/{{name}}\">", "<a href=\"[0]\">", {"http://x/{{name}}"}},
    {"HrefInsideAQuery",
     "<a href=\"http://x/?href=http://y\">",
     "<a href=\"[0]\">",
     {"http://x/?href=http://y"}},
    {"AfterHtml",
     "<body></body></html><a href=http://x/>",
     "<body></body></html><a href=[0]>",
     {"http://x/"}},
    {"Noscript",
     "<noscript><a href=http://x/></noscript>",
     "<noscript><a href=[0]></noscript>",
     {"http://x/"}},
    {"ForeignTitle", "<svg><title><a href=http://x/>", "<svg><title><a href=[0]>", {"http://x/"}},
    {"BreaksOutOfSvg",
     "<svg><p><style></style><a href=http://x/>",
     "<svg><p><style></style><a href=[0]>",
     {"http://x/"}},
    {"NoMarkupInForeignStyle",
     "<svg><style></svg><a href=http://x/>",
     "<svg><style></svg><a href=[0]>",
     {"http://x/"}},
    {"Outlook",
     "<!--[if mso]><v:roundrect href=\"https://x/a\"><v:fill src=\"https://x/b\"/><![endif]-->"
     "<!--[if !mso]><!--><a href=\"https://x/a\">b</a><!--<![endif]-->",
     "<!--[if mso]><v:roundrect href=\"[0]\"><v:fill src=\"https://x/b\"/><![endif]-->"
     "<!--[if !mso]><!--><a href=\"[1]\">b</a><!--<![endif]-->",
     {"https://x/a", "https://x/a"}},
    {"NotrackOfPostal", "<a href=\"https+notrack://x/a\">", "<a href=\"https://x/a\">", {}},
    {"AppLink",
     "<a universal=\"true\" href=\"https://x/a\">",
     "<a universal=\"true\" href=\"[0]\">",
     {"https://x/a"}},
    {"BehindAShutElement",
     "<div data-track=false><div></div><a href=http://x/></div><a href=http://y/>",
     "<div data-track=false><div></div><a href=http://x/></div><a href=[0]>",
     {"http://y/"}},
    {"BehindAShutCell",
     "<table><tr><td data-track=\"0\"><a href=http://x/><td><a href=http://y/>",
     "<table><tr><td data-track=\"0\"><a href=http://x/><td><a href=[0]>",
     {"http://y/"}},
    {"BareBesidesOptOutThatSaysYes",
     "<a data-track=\"true\" href=http://x/>",
     "<a data-track=\"true\" href=[0]>",
     {"http://x/"}},
    {"ScriptEndsOnlyOutside",
     "<script><!-- <script> </script> --></script><a href=http://x/>",
     "<script><!-- <script> </script> --></script><a href=[0]>",
     {"http://x/"}},
    {"CommentWithinComment",
     "<!-- <!-- --><a href=http://x/>",
     "<!-- <!-- --><a href=[0]>",
     {"http://x/"}},
    {"CommentEndsByBang",
     "<!-- a --!><a href=http://x/>",
     "<!-- a --!><a href=[0]>",
     {"http://x/"}},
    {"ShortComments",
     "<!--><a href=http://x/><!---><a href=http://y/>",
     "<!--><a href=[0]><!---><a href=[1]>",
     {"http://x/", "http://y/"}},
    {"BogusComments",
     "<?a <b ?><!a><//><a href=http://x/>",
     "<?a <b ?><!a><//><a href=[0]>",
     {"http://x/"}},
};

INSTANTIATE_TEST_SUITE_P(Rewritten, PageLinks, testing::ValuesIn(kRewritten), name_of);

class LeftAlone : public testing::TestWithParam<std::string> {};

TEST_P(LeftAlone, NoByteChanges) {
  EXPECT_EQ(rewritten_page(GetParam()), GetParam());
}

const std::vector<std::string> kLeftAlone{
    "<a href=\"http:x\">",
    "<a href=\"http:\\\\x\">",
    "<a href=\"http:/x\">",
    "<a href=\"//x/y\">",
    "<a href=\"?q\">",
    "<a href=\"\">",
    "<a href>",
    "<a>",
    "<a href=\"http:///x\">",
    "<a href=\"mailto:a@x\">",
    "<a href=\"tel:1\">",
    "<a href=\"sms:1\">",
    "<a href=\"cid:1\">",
    "<a href=\"data:text/html,http://x\">",
    "<a href=\"javascript:location='http://x'\">",
    "<a href=\"ftp://x/\">",
    "<a href=\"webcal://x/\">",
    "<a href=\"#http://x\">",
    "<a href=\"app://x\">",
    "<a href=\"{{url}}\">",
    "<a href=\"http://{{host}}/\">",
    "<a href=\"https://*|HOST|*/\">",
    "<a href=\"https://%%host%%/\">",
    "<a href=\"https://<%= host %>/\">",
    "<a href=\"https://[[host]]/\">",
    "<a href=\"https://${host}/\">",
    "<a href=\"https://$host/\">",
    "<a href=\"http://x y/\">",
    "<a href=\"http://x:99999/\">",
    "<a href=\"http://x:y/\">",
    "<a title=\"<a href=http://y>\">",
    "<!-- <a href=http://x/> -->",
    "<style><a href=http://x/></style>",
    "<textarea><a href=http://x/></textarea>",
    "<title><a href=http://x/></title>",
    "<script>'<a href=http://x/>'</script>",
    "<xmp><a href=http://x/></xmp>",
    "<iframe><a href=http://x/></iframe>",
    "<plaintext><a href=http://x/>",
    "<style><a href=http://x/>",
    "<!-- <a href=http://x/>",
    "<a href=\"http://x/",
    "<a href=http://x/",
    "<link href=\"http://x/\">",
    "<base href=\"http://x/\">",
    "<img src=\"http://x/\" usemap=\"http://x/\">",
    "<form action=\"http://x/\"><button formaction=\"http://x/\">",
    "<td background=\"http://x/\">",
    "<div style=\"background:url(http://x/)\" href=\"http://x/\">",
    "<v:roundrect href=\"http://x/\">",
    "<!--[if mso]><v:fill src=\"http://x/\" href=b><![endif]-->",
    "<!--[if mso]><link href=\"http://x/\"><style><a href=http://x/></style><![endif]-->",
    "<svg><a href=\"http://x/\"></a></svg>",
    "<svg><![CDATA[<p><a href=http://x/>]]></svg>",
    "<a data-track=\"false\" href=\"http://x/\">",
    "<a data-no-track href=\"http://x/\">",
    "<a clicktracking=off href=\"http://x/\">",
    "<a href=\"http://x/\" clicktracking=\"off\">",
    "<a data-pm-no-track href=\"http://x/\">",
    "<a ses:no-track href=\"http://x/\">",
    "<a data-msys-clicktrack=\"0\" href=\"http://x/\">",
    "<a autotrack='false' href=\"http://x/\">",
    "<a class=\"b untracked\" href=\"http://x/\">",
    "<td data-track=false><p><a href=\"http://x/\"></p>",
    "<a href=\"https://t.example/c/abc\">",
    "<a href=\"HTTPS://T.example?x\">",
    "<a href=\"https://t.example\">"};

INSTANTIATE_TEST_SUITE_P(Rules, LeftAlone, testing::ValuesIn(kLeftAlone));

LinkRules with_opens() {
  LinkRules how = rules();
  how.opens = true;
  how.clicks = false;
  return how;
}

struct PixelRow {
  std::string name;
  std::string page;
  std::string want;
};

void PrintTo(const PixelRow& row, std::ostream* out) {
  *out << row.name;
}

class Pixel : public testing::TestWithParam<PixelRow> {};

TEST_P(Pixel, GoesWhereItLoads) {
  EXPECT_EQ(rewritten_page(GetParam().page, with_opens()), GetParam().want);
}

const std::vector<PixelRow> kPixels{
    {"BeforeBodyEnd", "<body>a</body></html>", "<body>a[pixel]</body></html>"},
    {"BeforeTheLastBodyEnd", "a</body>b</BODY >c", "a</body>b[pixel]</BODY >c"},
    {"NotInAComment", "a</body><!-- </body> -->", "a[pixel]</body><!-- </body> -->"},
    {"NotInAScript", "a<script>'</body>'</script>", "a<script>'</body>'</script>[pixel]"},
    {"AtTheEnd", "<p>a", "<p>a[pixel]"},
    {"OfNothing", "", "[pixel]"},
    {"BeforeAnOpenTable", "a<table><tr></body>", "a[pixel]<table><tr></body>"},
    {"InAnOpenCell", "<table><tr><td>a</body>", "<table><tr><td>a[pixel]</body>"},
    {"BeforeAnInnerOpenTable", "<table><tr><td>a<table><tbody>",
     "<table><tr><td>a[pixel]<table><tbody>"},
    {"BehindATable", "<table><tr><td>a</td></tr></table></body>",
     "<table><tr><td>a</td></tr></table>[pixel]</body>"},
    {"BeforeAnOpenComment", "a<!-- b", "a[pixel]<!-- b"},
    {"BeforeAnOpenStyle", "a<style>b", "a[pixel]<style>b"},
    {"BeforeAStyleWhoseEndTagIsOpen", "a<style>b</style ", "a[pixel]<style>b</style "},
    {"BeforeAnOpenTag", "a<img src=\"b", "a[pixel]<img src=\"b"},
    {"BeforeTheStartOfAnEndTag", "a</", "a[pixel]</"},
    {"NotBeforeFrames", "<frameset><frame></frameset>", "<frameset><frame></frameset>[pixel]"},
    {"BeforeAnOpenSelect", "a<select><option></body>", "a[pixel]<select><option></body>"},
    {"BeforeAnOpenSvg", "a<svg><g>", "a[pixel]<svg><g>"},
    {"ForTracker", "a{{tracker}}b</body>", "a[pixel]b</body>"},
    {"ForSes", "a{{ses:openTracker}}b</body>", "a[pixel]b</body>"},
    {"ForOpentag", "a<opentag/>b</body>", "a[pixel]b</body>"},
    {"NoPlaceholderInATitle", "<title>{{tracker}}</title>b</body>",
     "<title>{{tracker}}</title>b[pixel]</body>"},
    {"OnlyOnce", "a<img src=\"https://t.example/o/x\"></body>",
     "a<img src=\"https://t.example/o/x\"></body>"},
};

INSTANTIATE_TEST_SUITE_P(Places, Pixel, testing::ValuesIn(kPixels),
                         [](const auto& info) { return info.param.name; });

TEST(PageLinks, InThePagesCharset) {
  const std::string page =
      "<meta charset=iso-8859-1><a href=\"http://x/\xFC?\xFC&#8364;&#9731;#\xFC\">";
  const Plan plan = plan_page(page, rules());
  ASSERT_EQ(plan.targets.size(), 1U);
  EXPECT_EQ(plan.targets[0], "http://x/%C3%BC?%FC%80%26%239731%3B#%C3%BC");
}

TEST(PageLinks, BeyondTheLimitAreLeft) {
  LinkRules how = rules();
  how.links_max = 1;
  const std::string page = "<a href=http://x/><a href=http://y/>";
  EXPECT_EQ(rewritten_page(page, how), "<a href=[0]><a href=http://y/>");
  EXPECT_EQ(plan_page(page, how).left_over, 1U);
}

TEST(PageLinks, OfTooLongATargetAreLeft) {
  const std::string page = "<a href=\"http://x/" + std::string(9000, 'a') + "\">";
  EXPECT_EQ(rewritten_page(page), page);
  EXPECT_EQ(plan_page(page, rules()).left_over, 1U);
  std::string letters;
  for (int i = 0; i < 1400; ++i) {
    letters += "\xC3\xBC";
  }
  const std::string grows = "<a href=\"http://x/" + letters + "\">";  // to 6 bytes each
  EXPECT_EQ(rewritten_page(grows), grows);
  EXPECT_EQ(plan_page(grows, rules()).left_over, 1U);
  EXPECT_EQ(plan_page("<a href=\"mailto:" + letters + letters + "\">", rules()).left_over, 0U);
}

TEST(PageLinks, ToKeptHostsAndUrlsAreLeft) {
  LinkRules how = rules();
  how.kept_hosts = {"x.example"};
  how.kept_urls = {"http://y/leave?a=1"};
  EXPECT_EQ(rewritten_page(
                "<a href=http://X.example/><a href=\"http://y/leave?a=1\"><a href=http://y/>", how),
            "<a href=http://X.example/><a href=\"http://y/leave?a=1\"><a href=[0]>");
}

struct TagRow {
  std::string url;
  std::string want;
};

TEST(UrlTags, StandBeforeTheFragmentAndOnlyOnce) {
  const std::vector<UrlTag> tags{{"utm_source", "the shop"}, {"utm_medium", "email"}};
  const std::vector<TagRow> rows{
      {"http://x/", "http://x/?utm_source=the%20shop&utm_medium=email"},
      {"http://x/?a=1", "http://x/?a=1&utm_source=the%20shop&utm_medium=email"},
      {"http://x/?", "http://x/?utm_source=the%20shop&utm_medium=email"},
      {"http://x/#f?g", "http://x/?utm_source=the%20shop&utm_medium=email#f?g"},
      {"http://x/?UTM_source=b#f", "http://x/?UTM_source=b&utm_medium=email#f"},
      {"http://x/?utm_source=b&utm_medium=c", "http://x/?utm_source=b&utm_medium=c"},
      {"http://x/?a=1&X-Amz-Signature=b", "http://x/?a=1&X-Amz-Signature=b"},
      {"http://x/?token=b", "http://x/?token=b"}};
  for (const TagRow& row : rows) {
    EXPECT_EQ(with_tags(row.url, tags), row.want);
  }
}

}  // namespace
}  // namespace postrider::track
