#include "exports/export.h"

#include <filesystem>
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <iterator>

#include "events/cursor.h"
#include "events/event_store.h"
#include "support/fake_resolver.h"
#include "support/fresh_folder.h"
#include "support/running_store.h"

namespace postrider::exports {
namespace {

using events::Event;
using events::Type;
using testing::ElementsAre;
using testing::HasSubstr;
using namespace std::chrono_literals;

/// Remembers what it was given.
class Witness final : public Destination {
 public:
  Result<> deliver(std::span<const Event* const> events) override {
    for (const Event* event : events) {
      seen.push_back(event->sequence);
    }
    return {};
  }
  std::vector<std::uint64_t> seen;
};

Event event_of(std::uint64_t sequence, std::uint64_t account) {
  Event event;
  event.sequence = sequence;
  event.account = AccountId{account};
  return event;
}

TEST(Export, TakesOnlyTheAccountsThatAreAskedForAsTheyAreCalledNow) {
  auto made = std::make_unique<Witness>();
  Witness& witness = *made;
  std::optional<AccountId> second;
  Export one({.name = "x", .accounts = {"first", "second"}}, std::move(made),
             [&](const std::string& name) {
               return name == "first" ? std::optional(AccountId{1}) : second;
             });
  const std::vector<Event> events{event_of(1, 0), event_of(2, 1), event_of(3, 2)};
  store::Step step;
  ASSERT_TRUE(one.take(events, step));
  EXPECT_THAT(witness.seen, ElementsAre(2));
  second = AccountId{2};
  ASSERT_TRUE(one.take(events, step));
  EXPECT_THAT(witness.seen, ElementsAre(2, 2, 3));
}

TEST(Export, WaitsLongerAfterEachFailure) {
  const Export one({.name = "x"}, std::make_unique<Witness>(), {});
  EXPECT_EQ(one.name(), "export:x");
  EXPECT_EQ(one.try_again(1), 1s);
  EXPECT_EQ(one.try_again(2), 2s);
  EXPECT_EQ(one.try_again(5), 16s);
  EXPECT_EQ(one.try_again(6), 30s);
  EXPECT_EQ(one.try_again(1'000'000), 30s);
}

TEST(Export, BeginsWhereItIsToldTo) {
  const Export whole({.name = "x"}, std::make_unique<Witness>(), {});
  EXPECT_EQ(whole.begins_at(17), 1U);
  const Export rest({.name = "x", .start = Start::end}, std::make_unique<Witness>(), {});
  EXPECT_EQ(rest.begins_at(17), 17U);
}

/// Exports into files, as the relay runs them.
class FilesTest : public testing::Test {
 protected:
  void append(int count) {
    store::Step step;
    for (int i = 0; i < count; ++i) {
      Event event;
      event.message = MessageId{256};
      event.time = Time(1min);
      events_->append(step, event);
    }
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  void start() {
    consumers_ = std::make_unique<events::Consumers>(*store_, *events_, store_.mailbox());
    consumers_->add(
        make_export(
            {.name = "archive", .kind = Kind::files, .gather = 10ms, .folder = folder_ / "out"},
            {.resolver = resolver_, .events = *events_, .find_account = {}})
            .value());
    consumers_->start();
  }
  bool has_caught_up() {
    return store_.run_until([&] { return consumers_->figures().at(0).lag == 0; });
  }

  /// Sequence numbers of all lines.
  std::vector<std::uint64_t> lines() {
    std::vector<std::filesystem::path> files;
    for (const auto& entry : std::filesystem::directory_iterator(folder_ / "out")) {
      files.push_back(entry.path());
    }
    std::ranges::sort(files);
    std::vector<std::uint64_t> numbers;
    for (const auto& path : files) {
      std::ifstream file(path);
      for (std::string line; std::getline(file, line);) {
        numbers.push_back(std::stoull(line.substr(line.find(':') + 1)));
      }
    }
    return numbers;
  }

  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  test::FakeResolver resolver_;
  std::unique_ptr<events::EventStore> events_ = events::make_event_store(*store_);
  std::unique_ptr<events::Consumers> consumers_;
};

TEST_F(FilesTest, EachEventIsInTheFolderOnceWhateverItsCursorSays) {
  append(3);
  start();
  ASSERT_TRUE(has_caught_up());
  consumers_.reset();
  append(2);
  store::Step step;  // the process ended between the files and the cursor
  events::write_cursor(step, "export:archive", {.next = 2, .unreadable = 0});
  ASSERT_TRUE(store_.commit(std::move(step)));
  start();
  ASSERT_TRUE(has_caught_up());
  consumers_.reset();
  EXPECT_THAT(lines(), ElementsAre(1, 2, 3, 4, 5));
}

TEST_F(FilesTest, WhatWasTakenAwayComesAgainWithAReplay) {
  append(3);
  start();
  ASSERT_TRUE(has_caught_up());
  std::filesystem::remove_all(folder_ / "out");
  ASSERT_TRUE(consumers_->replay("export:archive", 2));
  ASSERT_TRUE(store_.run_until([&] { return std::filesystem::exists(folder_ / "out"); }));
  ASSERT_TRUE(has_caught_up());
  consumers_.reset();
  EXPECT_THAT(lines(), ElementsAre(2, 3));
}

TEST_F(FilesTest, AFolderOfAnotherLogIsRefused) {
  std::filesystem::create_directories(folder_ / "out");
  std::ofstream(folder_ / "out/events-00000000000000000001.jsonl") << "{\"sequence\":99}\n";
  append(3);
  start();
  ASSERT_TRUE(store_.run_until([&] { return !consumers_->figures().at(0).problem.empty(); }));
  EXPECT_THAT(consumers_->figures().at(0).problem, HasSubstr("name another folder"));
  EXPECT_GT(consumers_->figures().at(0).failures, 0U);
  consumers_.reset();
  EXPECT_THAT(lines(), ElementsAre(99));
}

}  // namespace
}  // namespace postrider::exports
