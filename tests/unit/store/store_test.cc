#include "store/store.h"

#include <gtest/gtest.h>
#include <string>
#include <thread>
#include <unistd.h>
#include <vector>

#include "base/bytes.h"
#include "support/fresh_folder.h"
#include "support/held_flushes.h"
#include "support/running_store.h"

namespace postrider::store {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using test::FreshFolder;
using test::put;
using test::RunningStore;

std::string value_of(const Store& store, Table table, const std::string& key) {
  const auto found = store.get(table, key);
  return found && *found ? **found : "nothing";
}

Store::Request request(Step step, Urgency urgency = Urgency::promise) {
  return {.step = std::move(step), .urgency = urgency, .completed = {}, .reply_to = nullptr};
}

Step event(std::string text, std::uint64_t about = 0) {
  Step step;
  step.append(about, std::move(text));
  return step;
}

/// The texts of the event log in order, with their sequence numbers.
std::vector<std::pair<std::uint64_t, std::string>> events_in(const Store& store) {
  std::vector<std::pair<std::uint64_t, std::string>> found;
  EXPECT_TRUE(store.scan(Table::event, {}, {}, [&](std::string_view key, std::string_view text) {
    found.emplace_back(Reader(key).u64(), text);
    return true;
  }));
  return found;
}

TEST(Store, IsBehindWhereAnotherMemoryWouldStopIt) {
  constexpr std::size_t kMoreThanAMemory = 9 << 20;
  const FreshFolder folder;
  RunningStore store(folder / "db");
  EXPECT_FALSE(store->is_behind());
  {
    const test::HeldFlushes held;
    ASSERT_TRUE(store.commit(put(Table::search, "1", std::string(kMoreThanAMemory, 'x'))));
    ASSERT_TRUE(store.commit(put(Table::search, "2", std::string(kMoreThanAMemory, 'x'))));
    EXPECT_FALSE(store->is_behind()) << "one waits, one is written to";
    ASSERT_TRUE(store.commit(put(Table::search, "3", std::string(kMoreThanAMemory, 'x'))));
    EXPECT_TRUE(store->is_behind());
  }
  EXPECT_TRUE(store.run_until([&] { return !store->is_behind(); }));
}

TEST(Store, WhatQueuesMeanwhileIsOneCommit) {
  const FreshFolder folder;
  auto store = Store::open({.directory = folder / "db"});
  ASSERT_TRUE(store);
  std::vector<std::jthread> submitters;
  for (int i = 0; i < 8; ++i) {
    submitters.emplace_back([&, i] {
      for (int j = 0; j < 20; ++j) {
        std::vector<Store::Request> one;
        one.push_back(request(put(Table::meta, std::to_string(i * 100 + j), "x")));
        (*store)->submit(one);
        EXPECT_TRUE(one.empty());
      }
    });
  }
  submitters.clear();  // joins
  (*store)->start({});
  while ((*store)->figures().steps < 160) {
    std::this_thread::yield();
  }
  EXPECT_EQ((*store)->figures().commits, 1U);
  EXPECT_EQ(value_of(**store, Table::meta, "719"), "x");
}

TEST(Store, CompletionsComeOnTheThreadThatTheyAreSentTo) {
  const FreshFolder folder;
  net::IoThreads threads(2);
  auto store = Store::open({.directory = folder / "db"});
  ASSERT_TRUE(store);
  (*store)->start({});
  threads.start();
  std::atomic<int> right = 0;
  std::atomic<int> all = 0;
  std::vector<Store::Request> requests;
  for (std::size_t i = 0; i < 40; ++i) {
    requests.push_back({.step = put(Table::meta, std::to_string(i), "x"),
                        .urgency = i % 3 == 0 ? Urgency::note : Urgency::promise,
                        .completed =
                            [&, i, store = store->get()](const Result<>& done) {
                              const bool is_here =
                                  value_of(*store, Table::meta, std::to_string(i)) == "x";
                              right += done && is_here && net::IoThreads::current() == i % 2;
                              ++all;
                            },
                        .reply_to = &threads.mailbox(i % 2)});
  }
  (*store)->submit(requests);
  while (all < 40) {
    std::this_thread::yield();
  }
  EXPECT_EQ(right, 40);
  threads.stop();
}

TEST(Store, ANoteRidesWithTheNextPromise) {
  const FreshFolder folder;
  RunningStore store({.directory = folder / "db", .note_wait = hours(1)});
  bool noted = false;
  store.submit(put(Table::meta, "note", "x"), Urgency::note,
               [&](const Result<>& done) { noted = done.has_value(); });
  EXPECT_TRUE(store.commit(put(Table::meta, "promise", "x")));
  EXPECT_TRUE(noted);
  EXPECT_EQ(store->figures().commits, 1U);
  EXPECT_EQ(store->figures().steps, 2U);
}

TEST(Store, ANoteAloneWaitsForAMomentAndGoesWithItsNeighbours) {
  const FreshFolder folder;
  RunningStore store({.directory = folder / "db", .note_wait = milliseconds(100)});
  int noted = 0;
  const auto begin = std::chrono::steady_clock::now();
  for (int i = 0; i < 3; ++i) {
    store.submit(put(Table::meta, std::to_string(i), "x"), Urgency::note,
                 [&](const Result<>& done) { noted += done ? 1 : 0; });
  }
  EXPECT_TRUE(store.run_until([&] { return noted == 3; }));
  EXPECT_GE(std::chrono::steady_clock::now() - begin, milliseconds(100));
  EXPECT_EQ(store->figures().commits, 1U);
  EXPECT_EQ(StoreOptions().note_wait, milliseconds(5));
}

TEST(Store, StepsKeepTheirOrder) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  for (int i = 0; i < 500; ++i) {
    Step step = put(Table::meta, "k", std::to_string(i));
    step.append(0, std::to_string(i));
    store.submit(std::move(step), i % 7 == 0 ? Urgency::promise : Urgency::note);
  }
  Step last;
  last.erase(Table::meta, "k");
  last.put(Table::meta, "k", "last");
  EXPECT_TRUE(store.commit(std::move(last)));
  EXPECT_EQ(value_of(*store, Table::meta, "k"), "last");
  const auto events = events_in(*store);
  ASSERT_EQ(events.size(), 500U);
  for (std::size_t i = 0; i < events.size(); ++i) {
    EXPECT_EQ(events[i], std::make_pair(std::uint64_t{i + 1}, std::to_string(i)));
  }
  EXPECT_EQ(store->last_sequence(), 500U);
}

TEST(Store, AValueMayHaveASharedTail) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  Step step;
  step.put(Table::body, "k", "head:", std::make_shared<const std::string>(100'000, 't'));
  EXPECT_TRUE(store.commit(std::move(step)));
  EXPECT_EQ(value_of(*store, Table::body, "k"), "head:" + std::string(100'000, 't'));
}

// A campaign that comes in at once must not be copied into memory at once.
TEST(Store, ALargeQueueIsSeveralCommits) {
  const FreshFolder folder;
  auto store = Store::open({.directory = folder / "db"});
  ASSERT_TRUE(store);
  const auto tail = std::make_shared<const std::string>(12 << 20, 't');
  for (int i = 0; i < 6; ++i) {
    std::vector<Store::Request> one;
    Step step;
    step.put(Table::body, std::to_string(i), "", tail);
    step.append(0, std::to_string(i));
    one.push_back(request(std::move(step), i % 2 == 0 ? Urgency::promise : Urgency::note));
    (*store)->submit(one);
  }
  (*store)->start({});
  while ((*store)->figures().steps < 6) {
    std::this_thread::yield();
  }
  EXPECT_EQ((*store)->figures().commits, 3U);
  const auto events = events_in(**store);
  ASSERT_EQ(events.size(), 6U);
  EXPECT_EQ(events[5].second, "5");
}

TEST(Store, ReopeningFindsEverything) {
  const FreshFolder folder;
  {
    RunningStore store(folder / "db");
    for (int i = 0; i < 50; ++i) {
      Step step = put(Table::recipient, "r" + std::to_string(i), "v");
      step.append(7, "event");
      ASSERT_TRUE(store.commit(std::move(step)));
    }
    store.submit(put(Table::meta, "at the end", "noted"), Urgency::note);
  }
  RunningStore store(folder / "db");
  EXPECT_EQ(store->missing_writes(), std::nullopt);
  EXPECT_EQ(value_of(*store, Table::recipient, "r49"), "v");
  EXPECT_EQ(value_of(*store, Table::meta, "at the end"), "noted");
  EXPECT_EQ(store->last_sequence(), 50U);
  EXPECT_TRUE(store.commit(event("next", 7)));
  EXPECT_EQ(store->last_sequence(), 51U);
  std::string about;
  put_u64(about, 7);
  put_u64(about, 51);
  const auto last = store->last_key(Table::event_about);
  ASSERT_TRUE(last && *last);
  EXPECT_EQ(**last, about);
}

TEST(Store, AScanEndsWhereItIsTold) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  Step step;
  for (const char* key : {"a", "b", "c", "d"}) {
    step.put(Table::meta, key, "");
  }
  ASSERT_TRUE(store.commit(std::move(step)));
  std::string seen;
  const auto take = [&](std::string_view key, std::string_view /*value*/) {
    seen += key;
    return key != "c";
  };
  EXPECT_TRUE(store->scan(Table::meta, "b", "c", take));
  EXPECT_TRUE(store->scan(Table::meta, "b", {}, take));
  EXPECT_EQ(seen, "bbc");
  const auto nothing = store->last_key(Table::body);
  EXPECT_TRUE(nothing && !*nothing);
}

TEST(Store, RoomIsWhatIsFreeAboveTheReserve) {
  const FreshFolder folder;
  auto store = Store::open({.directory = folder / "db", .reserve_bytes = 0});
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->has_room(1));
  EXPECT_FALSE((*store)->has_room(std::uint64_t{1} << 60));
}

// The test runs itself again, to be told what another process is told.
TEST(Store, ASecondProcessCannotOpenIt) {
  constexpr const char* kAsked = "POSTRIDER_TEST_OPEN";
  if (const char* taken = std::getenv(kAsked)) {
    const auto second = Store::open({.directory = taken});
    ASSERT_FALSE(second);
    EXPECT_EQ(second.error().code(), Errc::unavailable);
    return;
  }
  const FreshFolder folder;
  RunningStore store(folder / "db");
  const std::string self = std::filesystem::read_symlink("/proc/self/exe");
  const std::string command = std::string(kAsked) + "=" + (folder / "db").string() + " " + self +
                              " --gtest_brief=1 --gtest_filter=Store.ASecondProcessCannotOpenIt";
  EXPECT_EQ(std::system(command.c_str()), 0);  // NOLINT: our own words only
  EXPECT_TRUE(store.commit(put(Table::meta, "k", "still ours")));
}

TEST(Store, ReadingOnlyNeedsADatabaseAndMakesNone) {
  const FreshFolder folder;
  const auto none = Store::open({.directory = folder / "db", .read_only = true});
  ASSERT_FALSE(none);
  EXPECT_EQ(none.error().code(), Errc::not_found);
  EXPECT_TRUE(std::filesystem::is_empty(folder.path()));
}

TEST(Store, ReadingOnlyDisturbsNobody) {
  const FreshFolder folder;
  RunningStore store(folder / "db");
  ASSERT_TRUE(store.commit(event("told")));
  for (int i = 0; i < 2; ++i) {
    const auto reader = Store::open({.directory = folder / "db", .read_only = true});
    ASSERT_TRUE(reader) << reader.error().text();
    EXPECT_EQ((*reader)->last_sequence(), 1U);
    EXPECT_EQ(events_in(**reader).size(), 1U);
    EXPECT_FALSE((*reader)->has_room(0));
  }
  for (const auto& file : std::filesystem::directory_iterator(folder / "db")) {
    EXPECT_FALSE(file.path().filename().string().starts_with("LOG.old")) << file.path();
  }
  EXPECT_TRUE(store.commit(event("more")));
}

}  // namespace
}  // namespace postrider::store
