#include "exports/event_folder.h"

#include <fstream>
#include <gtest/gtest.h>
#include <map>
#include <string>

#include "support/fresh_folder.h"

namespace postrider::exports {
namespace {

namespace fs = std::filesystem;

std::string lines(std::uint64_t first, std::uint64_t last) {
  std::string all;
  for (std::uint64_t number = first; number <= last; ++number) {
    all += "{\"sequence\":" + std::to_string(number) + ",\"type\":\"accepted\"}\n";
  }
  return all;
}

class EventFolderTest : public testing::Test {
 protected:
  std::unique_ptr<EventFolder> open() {
    auto opened = EventFolder::open(options);
    EXPECT_TRUE(opened) << opened.error().text();
    return *std::move(opened);
  }
  static Result<> append(EventFolder& events, std::uint64_t first, std::uint64_t last) {
    return events.append(first, last, lines(first, last));
  }
  void leave(const std::string& name, const std::string& text) {
    fs::create_directories(options.folder);
    std::ofstream(options.folder / name) << text;
  }
  /// Numbers of lines by the name of the file.
  std::map<std::string, std::size_t> files() const {
    std::map<std::string, std::size_t> found;
    for (const fs::directory_entry& entry : fs::directory_iterator(options.folder)) {
      std::ifstream file(entry.path());
      std::string line;
      std::size_t& count = found[entry.path().filename().string()];
      while (std::getline(file, line)) {
        ++count;
      }
    }
    return found;
  }

  test::FreshFolder folder;
  FolderOptions options{.folder = folder / "out" / "events"};
};

using Files = std::map<std::string, std::size_t>;
const std::string kFirst = "events-00000000000000000001.jsonl";
const std::string kThird = "events-00000000000000000003.jsonl";

TEST_F(EventFolderTest, EachEventIsALineOfOneFileUntilItIsFinished) {
  const auto events = open();
  EXPECT_EQ(events->last(), std::nullopt);
  ASSERT_TRUE(append(*events, 1, 2));
  ASSERT_TRUE(append(*events, 3, 3));
  EXPECT_EQ(files(), (Files{{kFirst + ".part", 3}}));
  ASSERT_TRUE(events->finish());
  EXPECT_EQ(files(), (Files{{kFirst, 3}}));
  EXPECT_EQ(events->last(), 3U);
}

TEST_F(EventFolderTest, AFileEndsAtItsSize) {
  options.file_bytes = 50;
  const auto events = open();
  ASSERT_TRUE(append(*events, 1, 2));
  ASSERT_TRUE(append(*events, 3, 3));
  EXPECT_EQ(files(), (Files{{kFirst, 2}, {kThird + ".part", 1}}));
}

TEST_F(EventFolderTest, AFileEndsAtItsAge) {
  options.file_age = std::chrono::milliseconds(0);
  const auto events = open();
  ASSERT_TRUE(append(*events, 1, 2));
  EXPECT_EQ(files(), (Files{{kFirst, 2}}));
}

TEST_F(EventFolderTest, GoesOnBehindWhatIsFinished) {
  leave(kFirst, lines(1, 2));
  leave(kThird, lines(3, 5));
  EXPECT_EQ(open()->last(), 5U);
}

// The process was killed in the middle of a line.
TEST_F(EventFolderTest, GoesOnBehindTheLastWholeLine) {
  leave(kFirst, lines(1, 2));
  leave(kThird + ".part", lines(3, 4) + "{\"sequence\":5,\"ty");
  EXPECT_EQ(open()->last(), 4U);
  EXPECT_EQ(files(), (Files{{kFirst, 2}, {kThird, 2}}));
}

TEST_F(EventFolderTest, GoesOnBehindTheFileBeforeOneWithoutAWholeLine) {
  leave(kFirst, lines(1, 2));
  leave(kThird + ".part", "{\"sequence\":3,\"ty");
  EXPECT_EQ(open()->last(), 2U);
  EXPECT_EQ(files(), (Files{{kFirst, 2}}));
}

TEST_F(EventFolderTest, FindsALastLineThatIsLong) {
  leave(kFirst,
        lines(1, 1) + "{\"sequence\":2,\"subject\":\"" + std::string(200'000, 'x') + "\"}\n");
  EXPECT_EQ(open()->last(), 2U);
}

TEST_F(EventFolderTest, IsOneProcessesAtATime) {
  const auto events = open();
  const auto second = EventFolder::open(options);
  ASSERT_FALSE(second);
  EXPECT_NE(second.error().text().find("another process"), std::string::npos);
}

TEST_F(EventFolderTest, WhatIsNoEventIsNotGoneOnBehind) {
  leave(kFirst, "something else\n");
  const auto opened = EventFolder::open(options);
  ASSERT_FALSE(opened);
  EXPECT_NE(opened.error().text().find("is no event"), std::string::npos);
}

TEST_F(EventFolderTest, AFolderThatCantBeIsSaidSo) {
  options.folder = "/proc/nowhere";
  const auto opened = EventFolder::open(options);
  ASSERT_FALSE(opened);
  EXPECT_EQ(opened.error().code(), Errc::unavailable);
}

}  // namespace
}  // namespace postrider::exports
