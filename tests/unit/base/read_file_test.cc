#include "base/read_file.h"

#include <fstream>
#include <gtest/gtest.h>

#include "support/fresh_folder.h"

namespace postrider {
namespace {

TEST(ReadFile, BringsEveryByte) {
  const test::FreshFolder folder;
  for (const std::size_t size : {0UL, 1UL, 64UL << 10, 200'000UL}) {
    std::string content(size, 'a');
    for (std::size_t i = 0; i < size; ++i) {
      content[i] = static_cast<char>(i * 7);
    }
    std::ofstream(folder / "f", std::ios::binary) << content;
    EXPECT_EQ(read_file(folder / "f").value(), content) << size;
  }
}

TEST(ReadFile, SaysWhatIsMissing) {
  const Result<std::string> read = read_file("/nonexistent/file");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::not_found);
  EXPECT_EQ(read.error().text(), "/nonexistent/file can't be read: No such file or directory");
}

TEST(ReadFile, AFolderIsNoFile) {
  const Result<std::string> read = read_file("/");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().text(), "/ can't be read: Is a directory");
}

TEST(ReadFile, StopsAtTheBound) {
  const test::FreshFolder folder;
  std::ofstream(folder / "f", std::ios::binary) << std::string(1000, 'a');
  EXPECT_TRUE(read_file(folder / "f", 1000));
  const Result<std::string> read = read_file(folder / "f", 999);
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code(), Errc::invalid);
  EXPECT_EQ(read.error().text(), (folder / "f").string() + " has more than 999 bytes");
}

}  // namespace
}  // namespace postrider
