// What could not be read and was kept, with the content of messages whose record that is.
#include <gtest/gtest.h>
#include <memory>

#include "base/bytes.h"
#include "privacy/erase_tables.h"
#include "support/fresh_folder.h"

namespace postrider::privacy {
namespace {

using store::Table;

class SetAside : public testing::Test {
 protected:
  void SetUp() override {
    relay::Settings settings;
    settings.data = folder_ / "data";
    settings.hostname = settings.return_path_domain = "relay.test";
    settings.threads = 1;
    settings.log.level = log::Level::error;
    settings.spool.free_bytes_min = 1 << 20;
    auto opened = relay::Relay::open(
        std::move(settings), {.test_clock = false, .is_silent = true, .on_storage_failure = {}});
    ASSERT_TRUE(opened) << opened.error().text();
    relay_ = *std::move(opened);
    ASSERT_TRUE(relay_->start());
  }
  void TearDown() override { relay_->stop(std::chrono::seconds(10)); }

  static std::string key_of(std::uint64_t number) {
    std::string key;
    put_u64(key, number);
    return key;
  }
  static std::string aside(Table table, std::uint64_t number) {
    return static_cast<char>(table) + key_of(number);
  }
  bool has(Table table, const std::string& key) {
    return relay_->store().get(table, key).value().has_value();
  }
  Work work() {
    return {.relay = *relay_,
            .person = Person(mail::Address{.local = "ann", .domain = "example.net"}),
            .account = {}};
  }

  test::FreshFolder folder_;
  std::unique_ptr<relay::Relay> relay_;
};

TEST_F(SetAside, GoesWhereItNamesThePersonAndItsContentToo) {
  store::Step step;
  step.put(Table::set_aside, aside(Table::event, 7), "\x01 damaged: ann@example.net");
  step.put(Table::set_aside, aside(Table::event, 8), "\x01 damaged: bob@example.net");
  step.put(Table::set_aside, aside(Table::meta, 256), "an envelope to ann@example.net");
  step.put(Table::body, key_of(256), "Subject: nobody is named\r\n\r\nhello\r\n");
  step.put(Table::set_aside, aside(Table::meta, 512), "an envelope that can't be read");
  step.put(Table::body, key_of(512), "To: Ann@example.net\r\n\r\nhello\r\n");
  step.put(Table::set_aside, aside(Table::meta, 768), "an envelope to bob@example.net");
  step.put(Table::body, key_of(768), "To: bob@example.net\r\n\r\nhello\r\n");
  ASSERT_TRUE(work().commit(std::move(step)));
  Erased erased;
  ASSERT_TRUE(erase_set_aside(work(), erased));
  EXPECT_EQ(erased.set_aside, 3U);
  EXPECT_FALSE(has(Table::set_aside, aside(Table::event, 7)));
  EXPECT_TRUE(has(Table::set_aside, aside(Table::event, 8)));
  for (const std::uint64_t gone : {256U, 512U}) {
    EXPECT_FALSE(has(Table::set_aside, aside(Table::meta, gone))) << gone;
    EXPECT_FALSE(has(Table::body, key_of(gone))) << gone;
  }
  EXPECT_TRUE(has(Table::set_aside, aside(Table::meta, 768)));
  EXPECT_TRUE(has(Table::body, key_of(768)));
}

}  // namespace
}  // namespace postrider::privacy
