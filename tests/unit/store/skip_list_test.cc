#include "store/skip_list.h"

#include <atomic>
#include <cstring>
#include <gtest/gtest.h>
#include <memory>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace postrider::store {
namespace {

struct TextOrder {
  mutable std::atomic<std::size_t> asked = 0;
  int operator()(const char* a, const char* b) const {
    asked.fetch_add(1, std::memory_order_relaxed);
    return std::strcmp(a, b);
  }
  int operator()(const char* a, const std::string& b) const { return (*this)(a, b.c_str()); }
};

class Words {
 public:
  using List = SkipList<TextOrder>;

  void insert(const std::string& word) {
    List::Node* node = list.make(word.size() + 1, [&](std::size_t bytes) {
      // Aligned in no way.
      memory_.push_back(std::make_unique<char[]>(bytes + 1));
      return memory_.back().get() + 1;
    });
    std::memcpy(List::text(node), word.c_str(), word.size() + 1);
    list.insert(node);
  }
  std::vector<std::string> forwards() const {
    std::vector<std::string> all;
    for (const auto* at = list.first(); at != nullptr; at = List::next(at)) {
      all.emplace_back(List::text(at));
    }
    return all;
  }
  std::vector<std::string> backwards() const {
    std::vector<std::string> all;
    for (const auto* at = list.last(); at != nullptr; at = list.previous(at)) {
      all.emplace_back(List::text(at));
    }
    return all;
  }
  static std::string text(const List::Node* node) {
    return node == nullptr ? "none" : List::text(node);
  }

  TextOrder order;
  List list{order};

 private:
  std::vector<std::unique_ptr<char[]>> memory_;
};

std::string word(std::size_t number) {
  std::string digits = std::to_string(number);
  return std::string(8 - digits.size(), '0') + digits;
}

std::vector<std::string> ascending(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i <= count; ++i) {
    all.push_back(word(i));
  }
  return all;
}

/// As the spool writes: a message at the end, and its erasure beside one that lies `behind` back.
std::vector<std::string> puts_and_erasures(std::size_t count, std::size_t behind) {
  std::vector<std::string> all;
  for (std::size_t i = 1; i <= count; ++i) {
    all.push_back(word(i));
    if (i > behind) {
      all.push_back(word(i - behind) + "x");
    }
  }
  return all;
}

std::vector<std::string> shuffled(std::vector<std::string> words, unsigned seed) {
  std::ranges::shuffle(words, std::mt19937(seed));
  return words;
}

std::vector<std::string> descending(std::size_t count) {
  std::vector<std::string> words = ascending(count);
  std::ranges::reverse(words);
  return words;
}

/// Blocks at the end, each backwards, and now and then one far in front.
std::vector<std::string> mixed(std::size_t count) {
  std::vector<std::string> all;
  for (std::size_t block = 0; block < count / 10; ++block) {
    for (std::size_t i = 10; i > 0; --i) {
      all.push_back(word(1000 + block * 10 + i));
    }
    all.push_back(word(block));
    all.push_back(word(1000 + block * 5) + "y");
  }
  return all;
}

struct Pattern {
  const char* name;
  std::vector<std::string> words;
};

class SkipListOrder : public ::testing::TestWithParam<Pattern> {};

TEST_P(SkipListOrder, IsThatOfASetWhateverComesInWhichOrder) {
  Words words;
  std::set<std::string> known;
  std::size_t count = 0;
  for (const std::string& one : GetParam().words) {
    words.insert(one);
    known.insert(one);
    if (++count % 97 == 0 || count == GetParam().words.size()) {
      ASSERT_EQ(words.forwards(), std::vector<std::string>(known.begin(), known.end()));
    }
  }
  EXPECT_EQ(words.backwards(), std::vector<std::string>(known.rbegin(), known.rend()));
  for (std::size_t i = 0; i < 1200; ++i) {
    for (const std::string& target : {word(i), word(i) + "w", word(i) + "z"}) {
      const auto found = known.lower_bound(target);
      EXPECT_EQ(Words::text(words.list.at_least(target)), found == known.end() ? "none" : *found);
      EXPECT_EQ(Words::text(words.list.less_than(target)),
                found == known.begin() ? "none" : *std::prev(found));
    }
  }
}

INSTANTIATE_TEST_SUITE_P(
    Patterns, SkipListOrder,
    ::testing::Values(Pattern{"Ascending", ascending(3000)},
                      Pattern{"Descending", descending(3000)},
                      Pattern{"PutsAndErasures", puts_and_erasures(3000, 300)},
                      Pattern{"Shuffled", shuffled(puts_and_erasures(3000, 7), 1)},
                      Pattern{"ShuffledOtherwise", shuffled(ascending(3000), 2)},
                      Pattern{"Mixed", mixed(3000)}, Pattern{"One", {"1"}}),
    [](const auto& row) { return row.param.name; });

TEST(SkipList, EmptyHasNothing) {
  const Words words;
  EXPECT_EQ(words.list.first(), nullptr);
  EXPECT_EQ(words.list.last(), nullptr);
  EXPECT_EQ(words.list.at_least(std::string("a")), nullptr);
  EXPECT_EQ(words.list.less_than(std::string("a")), nullptr);
}

// What it is for: RocksDB's own asks some forty times.
TEST(SkipList, AsksOnceAtTheEndAndAFewTimesBesideTheLastOne) {
  Words in_order;
  for (const std::string& one : ascending(20'000)) {
    in_order.insert(one);
  }
  EXPECT_LT(in_order.order.asked, 20'001U);

  Words erasing;
  for (const std::string& one : puts_and_erasures(20'000, 300)) {
    erasing.insert(one);
  }
  EXPECT_LT(erasing.order.asked, 40'000U * 6);
}

TEST(SkipList, ReaderBesideItSeesAllThatWasThereAndInOrder) {
  Words words;
  const std::vector<std::string> all = shuffled(puts_and_erasures(20'000, 50), 3);
  std::atomic<std::size_t> inserted = 0;
  const std::jthread writer([&] {
    for (const std::string& one : all) {
      words.insert(one);
      inserted.fetch_add(1, std::memory_order_release);
    }
  });
  std::size_t before = 0;
  while (before < all.size()) {
    before = inserted.load(std::memory_order_acquire);
    const std::vector<std::string> seen = words.forwards();
    ASSERT_GE(seen.size(), before);
    ASSERT_TRUE(std::ranges::is_sorted(seen));
    if (before > 0) {
      ASSERT_EQ(Words::text(words.list.at_least(all[before - 1])), all[before - 1]);
    }
  }
}

}  // namespace
}  // namespace postrider::store
