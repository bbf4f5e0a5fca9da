#include "events/consumers.h"

#include <atomic>
#include <gtest/gtest.h>
#include <mutex>
#include <set>
#include <thread>

#include "base/bytes.h"
#include "events/cursor.h"
#include "events/event_store.h"
#include "events/fields.h"
#include "support/fresh_folder.h"
#include "support/held_flushes.h"
#include "support/running_store.h"

namespace postrider::events {
namespace {

std::string key_of(std::uint64_t sequence) {
  std::string key;
  put_u64(key, sequence);
  return key;
}

/// Remembers what it was given; keeps a row for each event, so that what is in the database tells.
class Witness final : public Consumer {
 public:
  explicit Witness(std::string name, std::size_t most = 1000)
      : name_(std::move(name)), batch_(most) {}

  std::string_view name() const override { return name_; }
  std::size_t batch() const override { return batch_; }
  std::size_t page() const override { return page_size == 0 ? batch_ : page_size; }
  bool is_full() const override { return in_hand_ >= full_at; }
  Result<> take(std::span<const Event> events, store::Step& step) override {
    std::uint64_t first = events.front().sequence;
    if (is_stuck || stuck_at.compare_exchange_strong(first, 0)) {
      return fail(Errc::unavailable, "stuck");
    }
    is_waiting = waits.load();
    while (waits) {
      std::this_thread::yield();
    }
    const std::lock_guard lock(mutex_);
    steps_ += '.';
    in_hand_ += events.size();
    for (const Event& event : events) {
      seen_.push_back(event.sequence);
      last_ = event;
      step.put(store::Table::search, name_ + key_of(event.sequence), {});
    }
    return {};
  }
  Result<> finish(store::Step& step) override {
    const std::lock_guard lock(mutex_);
    steps_ += '|';
    in_hand_ = 0;
    step.put(store::Table::search, name_ + "finished", {});
    return {};
  }
  void forget() override {
    ++forgotten;
    in_hand_ = 0;
  }
  Result<> can_begin_at(std::uint64_t next) const override {
    return next == 13 ? Result<>(fail(Errc::invalid, "not at 13")) : Result<>();
  }
  void begin_at(std::uint64_t /*next*/, store::Step& step) override {
    step.erase_range(store::Table::search, name_, name_ + "\xff");
  }
  std::vector<std::uint64_t> seen() const {
    const std::lock_guard lock(mutex_);
    return seen_;
  }

  Event last() const {
    const std::lock_guard lock(mutex_);
    return last_;
  }

  /// A point for each page, a stroke for each end of a batch.
  std::string steps() const {
    const std::lock_guard lock(mutex_);
    return steps_;
  }

  std::span<const Type> wants() const override { return wanted; }
  FieldSet reads() const override { return fields_read; }

  std::uint64_t begins_at(std::uint64_t /*end*/) const override { return begins; }
  void stop_waiting() override { waits = false; }

  // Before it begins:
  std::vector<Type> wanted;
  FieldSet fields_read = FieldSet::all();
  std::size_t page_size = 0;
  std::size_t full_at = 1'000'000;
  std::uint64_t begins = 1;
  std::atomic<bool> waits = false;
  std::atomic<bool> is_waiting = false;
  std::atomic<bool> is_stuck = false;
  std::atomic<std::uint64_t> stuck_at = 0;  // once, at a page that begins with it
  std::atomic<int> forgotten = 0;

 private:
  const std::string name_;
  const std::size_t batch_;
  mutable std::mutex mutex_;
  std::vector<std::uint64_t> seen_;
  Event last_;
  std::string steps_;
  std::size_t in_hand_ = 0;  // of its thread
};

class ConsumersTest : public ::testing::Test {
 protected:
  void append(int count) {
    store::Step step;
    for (int i = 0; i < count; ++i) {
      Event event;
      event.message = MessageId{1};
      event.time = Time(std::chrono::minutes(++appended_));
      events_->append(step, event);
    }
    ASSERT_TRUE(store_.commit(std::move(step)));
  }

  Witness& add(std::string name, std::size_t most = 1000) {
    auto witness = std::make_unique<Witness>(std::move(name), most);
    Witness& added = *witness;
    consumers_->add(std::move(witness));
    return added;
  }

  ConsumerFigures figures(std::size_t index = 0) { return consumers_->figures().at(index); }
  bool has_caught_up(std::size_t index = 0) {
    return store_.run_until([&] { return figures(index).lag == 0; });
  }
  void restart() { consumers_ = std::make_unique<Consumers>(*store_, *events_, store_.mailbox()); }

  static std::vector<std::uint64_t> numbers(std::uint64_t from, std::uint64_t to) {
    std::vector<std::uint64_t> all;
    for (; from <= to; ++from) {
      all.push_back(from);
    }
    return all;
  }

  int appended_ = 0;
  test::FreshFolder folder_;
  test::RunningStore store_{folder_ / "db"};
  std::unique_ptr<EventStore> events_ = make_event_store(*store_);
  std::unique_ptr<Consumers> consumers_ =
      std::make_unique<Consumers>(*store_, *events_, store_.mailbox());
};

TEST_F(ConsumersTest, WhatIsNotWantedIsPassedOverWithoutACommit) {
  append(25);
  Witness& witness = add("one", 10);
  witness.wanted = {Type::clicked};
  const auto commits = [&] { return store_->figures().commits; };
  const std::uint64_t before = commits();
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  EXPECT_TRUE(witness.seen().empty());
  EXPECT_EQ(commits(), before);

  Event click;
  click.type = Type::clicked;
  store::Step step;
  events_->append(step, click);
  ASSERT_TRUE(store_.commit(std::move(step)));
  ASSERT_TRUE(store_.run_until([&] { return witness.seen() == numbers(26, 26); }));
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(read_cursor(*store_, "one").value()->next, 27U);
}

TEST_F(ConsumersTest, EveryEventComesOnceAndInOrder) {
  append(25);
  Witness& witness = add("one", 10);
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  append(5);
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(witness.seen(), numbers(1, 30));
}

TEST_F(ConsumersTest, ALargeBatchComesInPagesAndIsOneStep) {
  append(25);
  Witness& witness = add("one", 10);
  witness.page_size = 4;
  const std::uint64_t before = store_->figures().steps;
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(witness.steps(), "...|...|..|");
  EXPECT_EQ(witness.seen(), numbers(1, 25));
  EXPECT_EQ(store_->figures().steps, before + 3);
  EXPECT_TRUE(store_->get(store::Table::search, "onefinished").value());
}

TEST_F(ConsumersTest, ABatchEndsWhereItsConsumerIsFull) {
  append(10);
  Witness& witness = add("one", 10);
  witness.page_size = 2;
  witness.full_at = 5;
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(witness.steps(), "...|..|");
  EXPECT_EQ(witness.seen(), numbers(1, 10));
}

TEST_F(ConsumersTest, WhoIsFarBehindLetsTheDatabaseFlushFirst) {
  append(6000);
  append(10);
  Witness& far = add("far", 100);
  Witness& near = add("near", 100);
  near.begins = 6001;
  {
    const test::HeldFlushes held;
    const std::string more_than_a_memory(9 << 20, 'x');
    ASSERT_TRUE(store_.commit(test::put(store::Table::counter, "1", more_than_a_memory)));
    ASSERT_TRUE(store_.commit(test::put(store::Table::counter, "2", more_than_a_memory)));
    ASSERT_TRUE(store_.commit(test::put(store::Table::meta, "3", {})));
    ASSERT_TRUE(store_->is_behind());
    consumers_->start();
    ASSERT_TRUE(has_caught_up(1));
    EXPECT_EQ(near.seen(), numbers(6001, 6010));
    EXPECT_TRUE(far.seen().empty());
  }
  ASSERT_TRUE(has_caught_up(0));
  EXPECT_EQ(far.seen(), numbers(1, 6010));
}

TEST_F(ConsumersTest, ABatchThatFailsInItsMiddleComesAgainFromItsBegin) {
  append(10);
  Witness& witness = add("one", 6);
  witness.page_size = 2;
  witness.stuck_at = 9;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return witness.forgotten == 1; }));
  EXPECT_EQ(read_cursor(*store_, "one").value()->next, 7U);
  EXPECT_FALSE(store_->get(store::Table::search, "one" + key_of(7)).value())
      << "what the pages before it gave is not durable";
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(witness.steps(), "...|...|") << "7 and 8 came twice";
  EXPECT_EQ(read_cursor(*store_, "one").value()->next, 11U);
}

TEST_F(ConsumersTest, IsGivenTheFieldsThatItReads) {
  Event event;
  event.to = "ann@example.net";
  event.site = "mx.a";
  store::Step step;
  events_->append(step, event);
  ASSERT_TRUE(store_.commit(std::move(step)));
  Witness& one = add("one");
  one.fields_read = fields({"to"});
  Witness& other = add("other");
  consumers_->start();
  ASSERT_TRUE(has_caught_up(0) && has_caught_up(1));
  EXPECT_EQ(one.last().to + one.last().site, "ann@example.net");
  EXPECT_EQ(other.last().to + other.last().site, "ann@example.netmx.a");
}

TEST_F(ConsumersTest, TheCursorOutlivesTheConsumer) {
  append(3);
  add("one");
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  restart();
  append(2);
  Witness& again = add("one");
  Witness& fresh = add("new");
  consumers_->start();
  ASSERT_TRUE(has_caught_up(0) && has_caught_up(1));
  EXPECT_EQ(again.seen(), numbers(4, 5));
  EXPECT_EQ(fresh.seen(), numbers(1, 5)) << "a new one begins at the first event";
}

TEST_F(ConsumersTest, OneThatIsStuckDelaysNobody) {
  append(3);
  Witness& stuck = add("stuck");
  Witness& other = add("other");
  stuck.is_stuck = true;
  consumers_->start();
  ASSERT_TRUE(has_caught_up(1));
  EXPECT_EQ(other.seen(), numbers(1, 3));
  ASSERT_TRUE(store_.run_until([&] { return figures(0).problem == "stuck"; }));
  EXPECT_EQ(figures(0).lag, 3U);
  EXPECT_GT(stuck.forgotten, 0) << "what it keeps in memory is in doubt";
  stuck.is_stuck = false;
  ASSERT_TRUE(has_caught_up(0));
  EXPECT_EQ(stuck.seen(), numbers(1, 3));
  ASSERT_TRUE(store_.run_until([&] { return figures(0).problem.empty(); }));
}

TEST_F(ConsumersTest, EventThatCantBeReadIsCountedAndSkipped) {
  append(3);
  ASSERT_TRUE(store_.commit(test::put(store::Table::event, key_of(2), "damaged")));
  Witness& witness = add("one");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return witness.seen().size() == 3; }));
  EXPECT_EQ(witness.seen(), (std::vector<std::uint64_t>{1, 3, 4})) << "4 tells of it";
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(figures().unreadable, 1U);
  EXPECT_EQ(read_cursor(*store_, "one").value()->unreadable, 1U);
}

TEST_F(ConsumersTest, EventThatCantBeReadIsSetAsideAndToldOfOnceWhoeverReadsIt) {
  append(3);
  ASSERT_TRUE(store_.commit(test::put(store::Table::event, key_of(2), "damaged")));
  add("one");
  add("two");
  add("three");
  consumers_->start();
  ASSERT_TRUE(store_.run_until(
      [&] { return figures(0).next == 5 && figures(1).next == 5 && figures(2).next == 5; }));
  restart();
  add("later");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return figures().next == 5; }));
  const Page page = events_->read(4, 10).value();
  ASSERT_EQ(page.events.size(), 1U);
  EXPECT_EQ(page.events[0].type, Type::operational);
  EXPECT_EQ(page.events[0].what, "event_set_aside");
  EXPECT_EQ(page.events[0].detail, "1 event of the log can't be read and was set aside: 2");
  const std::string kept = std::string(1, static_cast<char>(store::Table::event)) + key_of(2);
  EXPECT_EQ(store_->get(store::Table::set_aside, kept).value(), "damaged");
}

TEST_F(ConsumersTest, OneThatBeginsAtTheEndStaysThereThoughItTakesNothing) {
  append(3);
  add("new").begins = 4;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return read_cursor(*store_, "new").value().has_value(); }));
  restart();  // before it has read anything
  append(2);
  Witness& again = add("new");
  again.begins = 6;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return again.seen().size() == 2; }));
  EXPECT_EQ(again.seen(), numbers(4, 5));
}

TEST_F(ConsumersTest, OneThatWaitsForSomebodyIsStopped) {
  append(1);
  Witness& witness = add("one");
  witness.waits = true;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return witness.is_waiting.load(); }));
  consumers_->stop();  // returns
}

TEST_F(ConsumersTest, WhatItHasTakenAndHowOftenItCouldNotIsCounted) {
  append(3);
  Witness& witness = add("one");
  witness.is_stuck = true;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return figures().failures > 0; }));
  witness.is_stuck = false;
  ASSERT_TRUE(store_.run_until([&] { return figures().taken == 3; }));
}

TEST_F(ConsumersTest, CursorPastTheEndStopsAndSaysWhatToDo) {
  append(3);
  store::Step step;
  write_cursor(step, "one", {.next = 99, .unreadable = 0});
  ASSERT_TRUE(store_.commit(std::move(step)));
  Witness& witness = add("one");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return !figures().problem.empty(); }));
  EXPECT_NE(figures().problem.find("postrider events replay one --from 1"), std::string::npos);
  append(1);
  ASSERT_TRUE(consumers_->replay("one", 1));
  ASSERT_TRUE(store_.run_until([&] { return figures().next == 5; }));
  EXPECT_EQ(witness.seen(), numbers(1, 4));
  EXPECT_EQ(figures().problem, "");
}

TEST_F(ConsumersTest, CursorThatWasPastTheEndStaysStoppedWhenTheLogHasGrownPastIt) {
  append(3);
  store::Step step;
  write_cursor(step, "one", {.next = 9, .unreadable = 0});
  ASSERT_TRUE(store_.commit(std::move(step)));
  add("one");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return !figures().problem.empty(); }));
  append(20);
  restart();
  const Witness& again = add("one");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return !figures().problem.empty(); }));
  EXPECT_TRUE(again.seen().empty()) << "4 to 8 are others now, and would have been skipped";
  ASSERT_TRUE(consumers_->replay("one", 4));
  ASSERT_TRUE(store_.run_until([&] { return figures().next == 24; }));
  EXPECT_EQ(again.seen(), numbers(4, 23));
}

TEST_F(ConsumersTest, DamagedCursorStopsAndSaysWhatToDo) {
  append(3);
  ASSERT_TRUE(store_.commit(test::put(store::Table::cursor, "one", "damaged")));
  Witness& witness = add("one");
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return !figures().problem.empty(); }));
  EXPECT_TRUE(witness.seen().empty());
  EXPECT_NE(figures().problem.find("postrider events replay one --from 1"), std::string::npos);
  ASSERT_TRUE(consumers_->replay("one", 2));
  ASSERT_TRUE(store_.run_until([&] { return figures().next == 4; }));
  EXPECT_EQ(witness.seen(), numbers(2, 3));
}

TEST_F(ConsumersTest, ReplayBeginsWhereItIsToldToAndDropsWhatWasDerived) {
  append(5);
  Witness& witness = add("one");
  consumers_->start();
  ASSERT_TRUE(has_caught_up());
  ASSERT_TRUE(consumers_->replay("one", 4));
  ASSERT_TRUE(store_.run_until([&] { return witness.seen().size() == 7 && figures().lag == 0; }));
  EXPECT_EQ(witness.seen().at(5), 4U);
  EXPECT_EQ(store_->get(store::Table::search, "one" + key_of(3)).value(), std::nullopt);
  EXPECT_TRUE(store_->get(store::Table::search, "one" + key_of(4)).value());
  EXPECT_EQ(consumers_->replay("two", 1).error().code(), Errc::not_found);
  EXPECT_EQ(consumers_->replay("one", 13).error().code(), Errc::invalid);
}

TEST_F(ConsumersTest, WhatWentBeforeItWasReadIsToldAndPassedOver) {
  append(20);
  Witness& witness = add("slow");
  witness.is_stuck = true;
  consumers_->start();
  ASSERT_TRUE(store_.run_until([&] { return !figures().problem.empty(); }));
  store::Step step;
  for (std::uint64_t gone = 1; gone <= 12; ++gone) {
    step.erase(store::Table::event, key_of(gone));
  }
  ASSERT_TRUE(store_.commit(std::move(step)));
  consumers_->log_begins_at(13);
  ASSERT_TRUE(store_.run_until([&] { return figures().next == 13; }));
  EXPECT_EQ(figures().lost, 12U);
  witness.is_stuck = false;
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(witness.seen(), numbers(13, 21));
  const Event told = events_->read(21, 1).value().events.at(0);
  EXPECT_EQ(told.type, Type::operational);
  EXPECT_EQ(told.detail,
            "the consumer slow has lost 12 events, which went before it had read them");
  consumers_->log_begins_at(15);  // it is past that
  append(1);
  ASSERT_TRUE(has_caught_up());
  EXPECT_EQ(figures().lost, 12U);
}

TEST_F(ConsumersTest, PositionsAreNumbersOrTimes) {
  append(5);
  const auto position = [&](const char* text) { return parse_position(*events_, text); };
  EXPECT_EQ(position("3"), 3U);
  EXPECT_EQ(position("6"), 6U) << "the next one to come";
  EXPECT_EQ(position("1970-01-01T00:02:30Z"), 3U);
  EXPECT_EQ(position("1970-01-01T00:03:00Z"), 3U);
  EXPECT_EQ(position("1970-01-01"), 1U);
  EXPECT_EQ(position("2030-01-01"), 6U);
  for (const char* text : {"", "0", "7", "99999999999999999999", "-1", "soon"}) {
    EXPECT_FALSE(position(text)) << text;
  }
}

}  // namespace
}  // namespace postrider::events
