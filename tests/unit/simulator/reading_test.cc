#include "simulator/reading.h"

#include <gtest/gtest.h>

namespace postrider::simulator {
namespace {

const std::string kToken = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghij-_0";

std::string mail_with(const std::string& page, const std::string& type = "text/html",
                      const std::string& more = "") {
  return "From: a@b.example\r\nContent-Type: " + type + "\r\n" + more + "\r\n" + page;
}

TEST(TrackingUrls, AreFoundInPages) {
  const TrackingUrls urls =
      find_tracking_urls(mail_with("<a href=https://Links.shop.example:8443/c/" + kToken +
                                   ">x</a><a href=\"http://t.example/a/" + kToken +
                                   "\">y</a><img src=\"https://t.example/o/" + kToken + "\">"));
  EXPECT_EQ(urls.links,
            (std::vector<TrackingUrl>{{.host = "Links.shop.example:8443", .path = "/c/" + kToken},
                                      {.host = "t.example", .path = "/a/" + kToken}}));
  EXPECT_EQ(urls.pixels, (std::vector<TrackingUrl>{{.host = "t.example", .path = "/o/" + kToken}}));
}

TEST(TrackingUrls, AreFoundBehindSoftLineEnds) {
  EXPECT_EQ(
      find_tracking_urls(mail_with("<a href=3Dhttps://t.ex=\r\nample/c/" + kToken + ">x</a>",
                                   "text/html", "Content-Transfer-Encoding: quoted-printable\r\n"))
          .links.size(),
      1U);
}

TEST(TrackingUrls, AreNoOthers) {
  for (const std::string& page :
       {"https://t.example/c/" + kToken.substr(1), "https:///c/" + kToken,
        "https://t.example/u/" + kToken, "https://t.example/x/c/" + kToken,
        "https://a\r\nHost: b/c/" + kToken, "https://t.example/c/" + std::string(39, '/')}) {
    const TrackingUrls urls = find_tracking_urls(mail_with(page));
    EXPECT_TRUE(urls.links.empty() && urls.pixels.empty()) << page;
  }
  const std::string link = "https://t.example/c/" + kToken;
  EXPECT_TRUE(find_tracking_urls(mail_with(link, "text/plain")).links.empty());
  EXPECT_TRUE(
      find_tracking_urls(mail_with(link, "text/html", "Content-Disposition: attachment\r\n"))
          .links.empty());
  EXPECT_TRUE(find_tracking_urls(mail_with(link, "multipart/mixed")).links.empty());
}

TEST(TrackingUrls, AreAHundredAtMost) {
  std::string page;
  for (int i = 0; i < 150; ++i) {
    page += "https://t.example/c/" + kToken + " ";
  }
  EXPECT_EQ(find_tracking_urls(mail_with(page)).links.size(), 100U);
}

}  // namespace
}  // namespace postrider::simulator
