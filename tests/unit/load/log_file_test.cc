// What is written to a log is in the file.
#include "load/log_file.h"

#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <thread>
#include <vector>

#include "base/read_file.h"
#include "support/fresh_folder.h"

namespace postrider::load {
namespace {

TEST(LogFile, KeepsWhatStoodThere) {
  const test::FreshFolder folder;
  const auto path = folder.path() / "log";
  for (const char* line : {"a\n", "b\n"}) {
    const auto log = LogFile::open(path);
    ASSERT_TRUE(log) << log.error().text();
    (*log)->append(line);
  }
  EXPECT_EQ(read_file(path).value(), "a\nb\n");
}

TEST(LogFile, LinesOfSeveralThreadsStayWhole) {
  const test::FreshFolder folder;
  const auto path = folder.path() / "log";
  {
    const auto log = LogFile::open(path);
    ASSERT_TRUE(log) << log.error().text();
    std::vector<std::jthread> threads;
    for (const char letter : {'a', 'b', 'c'}) {
      threads.emplace_back([&log, letter] {
        const std::string line = std::string(99, letter) + "\n";
        for (int i = 0; i < 3000; ++i) {
          (*log)->append(line);
        }
      });
    }
  }
  std::ifstream file(path);
  std::size_t lines = 0;
  for (std::string line; std::getline(file, line); ++lines) {
    ASSERT_EQ(line, std::string(99, line.front()));
  }
  EXPECT_EQ(lines, 9000U);
}

TEST(LogFile, FolderThatIsNotThereIsNamed) {
  const auto log = LogFile::open("/nowhere/log");
  ASSERT_FALSE(log);
  EXPECT_THAT(log.error().text(), testing::HasSubstr("/nowhere/log"));
}

TEST(LogFile, FullDiskIsReportedAtTheNextFlush) {
  const auto log = LogFile::open("/dev/full");
  ASSERT_TRUE(log) << log.error().text();
  (*log)->append("a\n");
  const Result<> flushed = (*log)->flush();
  ASSERT_FALSE(flushed);
  EXPECT_THAT(flushed.error().text(), testing::HasSubstr("/dev/full"));
}

}  // namespace
}  // namespace postrider::load
