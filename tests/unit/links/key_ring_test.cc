#include "links/key_ring.h"

#include <gtest/gtest.h>
#include <set>

#include "support/fresh_folder.h"

namespace postrider::links {
namespace {

using track::TokenContent;
using track::TokenKind;

constexpr AccountId kShop{7};
constexpr MessageId kMessage{77 * kIdStep};

class KeyRingTest : public testing::Test {
 protected:
  void SetUp() override { reopen(); }
  void reopen() {
    ring.reset();
    directory.reset();
    directory =
        directory::Directory::open(folder / "directory.sqlite", directory::OpenMode::read_write)
            .value();
    ring = KeyRing::open(*directory).value();
  }
  std::string token() const {
    const track::TokenText text =
        ring->current()->maker(kShop, kMessage).make(3, TokenKind::click, 1);
    return {text.data(), text.size()};
  }
  bool understands(const std::string& text) const {
    const auto content = ring->current()->read(text, TokenKind::click);
    return content && content->account == kShop && content->recipient == 3;
  }

  test::FreshFolder folder;
  std::unique_ptr<directory::Directory> directory;
  std::unique_ptr<KeyRing> ring;
};

TEST_F(KeyRingTest, TokensAreUnderstoodAfterARestart) {
  const std::string made = token();
  reopen();
  EXPECT_TRUE(understands(made));
  EXPECT_EQ(token(), made);
}

TEST_F(KeyRingTest, ARotationMakesOtherTokensAndUnderstandsTheOldOnes) {
  const std::string before = token();
  EXPECT_EQ(ring->rotate().value(), 2);
  const std::string after = token();
  EXPECT_NE(before, after);
  EXPECT_TRUE(understands(before));
  reopen();
  EXPECT_EQ(ring->ids(), (std::vector<std::uint8_t>{2, 1}));
  EXPECT_TRUE(understands(before));
  EXPECT_EQ(token(), after);
}

TEST_F(KeyRingTest, AKeyThatIsGoneMakesItsTokensForeign) {
  const std::string before = token();
  EXPECT_EQ(ring->remove(1).error().code(), Errc::invalid) << "it is the only one";
  ASSERT_TRUE(ring->rotate());
  ASSERT_TRUE(ring->remove(1));
  EXPECT_FALSE(understands(before));
  EXPECT_EQ(ring->remove(1).error().code(), Errc::not_found);
  reopen();
  EXPECT_FALSE(understands(before));
}

TEST_F(KeyRingTest, TheOldestGoesWhereThereAreManyAndNoIdIsThereTwice) {
  for (int i = 0; i < 300; ++i) {
    ASSERT_TRUE(ring->rotate());
    const auto ids = ring->ids();
    ASSERT_EQ(std::set<std::uint8_t>(ids.begin(), ids.end()).size(), ids.size());
    ASSERT_LE(ids.size(), 200U);
  }
}

TEST_F(KeyRingTest, AnUnsubscribeUrlHoldsATokenOfItsKind) {
  const std::string url =
      ring->current()->maker(kShop, kMessage).url("https://l.example", 3, TokenKind::unsubscribe);
  ASSERT_TRUE(url.starts_with("https://l.example/u/")) << url;
  const std::string_view text = std::string_view(url).substr(20);
  EXPECT_EQ(ring->current()->read(text, TokenKind::unsubscribe),
            (TokenContent{.account = kShop,
                          .message = kMessage,
                          .recipient = 3,
                          .kind = TokenKind::unsubscribe,
                          .link = 0}));
  EXPECT_EQ(ring->current()->read(text, TokenKind::click), std::nullopt);
}

}  // namespace
}  // namespace postrider::links
