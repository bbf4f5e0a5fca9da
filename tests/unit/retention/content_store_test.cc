#include "retention/content_store.h"

#include <gtest/gtest.h>
#include <memory>

#include "support/fresh_folder.h"
#include "support/running_store.h"
#include "support/temporary_directory.h"

namespace postrider::retention {
namespace {

using namespace std::chrono_literals;
using std::chrono::days;

constexpr Time kMorning{days(20'000) + 8h};
constexpr MessageId kMessage{4711 * kIdStep};
const std::string kContent = "Subject: secret\r\n\r\nhello ann";

class ContentStoreTest : public testing::Test {
 protected:
  void put(MessageId message, Duration keep_for) {
    store::Step step;
    ASSERT_TRUE(content->put(step, message, kContent, keep_for, kMorning));
    ASSERT_TRUE(store.commit(std::move(step)));
  }
  void expire(Time now) {
    store::Step step;
    ASSERT_TRUE(content->expire(step, now));
    if (!step.empty()) {
      ASSERT_TRUE(store.commit(std::move(step)));
    }
  }
  std::size_t rows() {
    std::size_t count = 0;
    EXPECT_TRUE(store->scan(store::Table::content, {}, {}, [&](auto, std::string_view record) {
      EXPECT_FALSE(record.contains("hello"));
      return ++count > 0;
    }));
    return count;
  }

  test::FreshFolder folder;
  test::RunningStore store{folder / "db"};
  TemporaryDirectory directory;
  std::unique_ptr<ContentStore> content = std::make_unique<ContentStore>(*store, *directory);
};

TEST_F(ContentStoreTest, IsReadAsItWasAndStoredEncrypted) {
  put(kMessage, days(7));
  EXPECT_EQ(rows(), 1U);
  EXPECT_EQ(content->read(kMessage, kMorning).value(), kContent);
  EXPECT_EQ(content->read(kMessage, kMorning + days(6)).value(), kContent);
  EXPECT_EQ(ContentStore(*store, *directory).read(kMessage, kMorning).value(), kContent);
  EXPECT_EQ(content->read(MessageId{1}, kMorning).value(), std::nullopt);
}

TEST_F(ContentStoreTest, GoesAtTheEndOfItsLastDayAndNoOtherWithIt) {
  put(kMessage, days(1));
  put(MessageId{kMessage.value + kIdStep}, days(3));
  expire(kMorning + 15h);
  EXPECT_EQ(rows(), 2U);
  EXPECT_TRUE(directory->content_key(20'000).value());
  expire(kMorning + 16h);  // midnight
  EXPECT_EQ(rows(), 1U);
  EXPECT_FALSE(directory->content_key(20'000).value())
      << "what lies elsewhere can't be read either";
  EXPECT_TRUE(directory->content_key(20'002).value());
  EXPECT_EQ(content->read(kMessage, kMorning).value(), std::nullopt);
  EXPECT_EQ(content->read(MessageId{kMessage.value + kIdStep}, kMorning + 16h).value(), kContent);
}

TEST_F(ContentStoreTest, WithoutItsKeyNobodyReadsIt) {
  put(kMessage, days(2));
  ASSERT_EQ(directory->drop_content_keys(20'002).value(), 1U);
  EXPECT_EQ(rows(), 1U);
  EXPECT_EQ(content->read(kMessage, kMorning).value(), std::nullopt);
}

TEST_F(ContentStoreTest, AnAccountsOwnWishGoesFirstAndSevenDaysAreTheMost) {
  directory::Account account;
  EXPECT_EQ(content_kept(nullptr, days(2)), Duration(days(2)));
  EXPECT_EQ(content_kept(&account, days(2)), Duration(days(2)));
  account.retention.content = days(0);
  EXPECT_EQ(content_kept(&account, days(2)), Duration(0));
  account.retention.content = days(5);
  EXPECT_EQ(content_kept(&account, Duration(0)), Duration(days(5)));
  account.retention.content = days(50);
  EXPECT_EQ(content_kept(&account, Duration(0)), Duration(days(7)));
}

}  // namespace
}  // namespace postrider::retention
