#include "base/word_finder.h"

#include <algorithm>
#include <gtest/gtest.h>

namespace postrider {
namespace {

std::vector<int> found(const WordFinder& finder, std::string_view text) {
  static WordFinder::Scratch scratch;
  finder.find(text, scratch);
  std::vector<int> words = scratch.found;
  std::ranges::sort(words);
  return words;
}

TEST(WordFinder, FindsWordsInsideOfAndBehindEachOther) {
  const std::vector<std::string> words{"he", "she", "his", "hers", "", "ers"};
  const WordFinder finder(words);
  EXPECT_EQ(found(finder, "ushers"), (std::vector{0, 1, 3, 5}));
  EXPECT_EQ(found(finder, "this"), (std::vector{2}));
  EXPECT_EQ(found(finder, "nothing"), (std::vector<int>{}));
  EXPECT_EQ(found(finder, ""), (std::vector<int>{}));
}

TEST(WordFinder, TellsOfEachWordOnce) {
  const std::vector<std::string> words{"ab", "ba", "ab"};
  EXPECT_EQ(found(WordFinder(words), "ababab"), (std::vector{0, 1, 2}));
}

TEST(WordFinder, PassesOverWordsOfOneByte) {
  const std::vector<std::string> words{"a", "", "ab"};
  EXPECT_EQ(found(WordFinder(words), "ab"), (std::vector{2}));
}

TEST(WordFinder, TellsLongWordsApartThatBeginAlike) {
  const std::vector<std::string> words{"mailbox full", "mailbox f", "mailbox", "mailbo",
                                       "mailbox unknown"};
  EXPECT_EQ(found(WordFinder(words), "the mailbox found"), (std::vector{1, 2, 3}));
  EXPECT_EQ(found(WordFinder(words), "mailbox ful"), (std::vector{1, 2, 3}));
}

TEST(WordFinder, TakesZerosForBytes) {
  const std::vector<std::string> words{"ab", std::string("ab\0", 3), std::string("ab\0\0\0\0c", 7)};
  const WordFinder finder(words);
  EXPECT_EQ(found(finder, "abc"), (std::vector{0}));
  EXPECT_EQ(found(finder, std::string("ab\0c", 4)), (std::vector{0, 1}));
  EXPECT_EQ(found(finder, std::string("ab\0\0\0\0c", 7)), (std::vector{0, 1, 2}));
}

TEST(WordFinder, HasNothingToFindWithoutWords) {
  EXPECT_EQ(found(WordFinder(), "text"), (std::vector<int>{}));
}

// Against the plain way, over texts of few letters, where words overlap most.
TEST(WordFinder, FindsWhatASearchForEachWordFinds) {
  const std::vector<std::string> words{"aa",  "ab",      "aba",    "abab", "bb",
                                       "bba", "abbaabb", "ccabab", "ca",   "\xD0\xB4"};
  const WordFinder finder(words);
  std::uint32_t random = 1;
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (int i = 0; i < 12; ++i) {
      random = random * 1664525 + 1013904223;
      text += "abc\xD0\xB4"[random >> 29U & 3U];
    }
    std::vector<int> want;
    for (std::size_t i = 0; i < words.size(); ++i) {
      if (text.contains(words[i])) {
        want.push_back(static_cast<int>(i));
      }
    }
    ASSERT_EQ(found(finder, text), want) << text;
  }
}

}  // namespace
}  // namespace postrider
