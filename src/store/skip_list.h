// The order of what is in the database's memory: a skip list whose insertions begin where the last
// ones ended.
//
// Our keys grow with time: most are put behind all others, and most of the rest (erasures of
// messages that have gone) lie next to the one before. So an insertion first looks at the end,
// which is one comparison, and else searches from its neighbour of last time. RocksDB's own list
// compares on each of its levels for assertions that Debian's library keeps (docs/performance.md).
//
// Thread: one that inserts, at a time; any that read beside it. Entries stay until the list's
// memory goes as a whole. An entry that has been inserted is seen by every read that begins later.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <new>

namespace postrider::store {

/// `Compare`: of `const char*`, the bytes of two entries; and of those of one and a Target; as
/// memcmp. No two entries are equal.
template <class Compare>
class SkipList {
 public:
  class Node;

  explicit SkipList(const Compare& compare) : compare_(compare) {
    behind_.fill(head_);
    finger_.fill(head_);
  }
  SkipList(const SkipList&) = delete;
  SkipList& operator=(const SkipList&) = delete;

  /// What `allocate(bytes)` has to give for an entry of so many bytes, aligned in any way. Its
  /// bytes are to be written at text(node), then it is inserted.
  template <class Allocate>
  Node* make(std::size_t bytes, const Allocate& allocate) {
    const int height = random_height();
    std::size_t room = Node::bytes_before_text(height) + bytes + kAligned - 1;
    void* memory = allocate(room);
    return Node::create(std::align(kAligned, 1, memory, room), height);
  }
  static char* text(Node* node) { return node->text(); }
  static const char* text(const Node* node) { return node->text(); }

  void insert(Node* node) {
    if (behind_[0] == head_ || compare_(behind_[0]->text(), node->text()) < 0) {
      append(node);
    } else {
      search_from_finger(node->text());
      link(node);
    }
  }

  // Null: there is none.
  const Node* first() const { return head_->next(0); }
  const Node* last() const { return before_end(); }
  static const Node* next(const Node* node) { return node->next(0); }
  const Node* previous(const Node* node) const { return less_than(node->text()); }
  template <class Target>
  int compare(const Node* node, const Target& target) const {
    return compare_(node->text(), target);
  }
  /// The first that is not less than `target`.
  template <class Target>
  const Node* at_least(const Target& target) const {
    const Node* before = less_than(target);
    return (before == nullptr ? head_ : before)->next(0);
  }
  /// The last that is less.
  template <class Target>
  const Node* less_than(const Target& target) const {
    const Node* at = head_;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
      for (const Node* next = at->next(level);
           next != nullptr && compare_(next->text(), target) < 0; next = at->next(level)) {
        at = next;
      }
    }
    return at == head_ ? nullptr : at;
  }

 private:
  static constexpr int kHeightMost =
      12;  // a quarter of each level stands in the next: 4^12 entries
  static constexpr std::size_t kAligned = alignof(std::atomic<void*>);

 public:
  /// In memory: its height, so many links, and the entry's bytes.
  class alignas(kAligned) Node {
   public:
    static constexpr std::size_t bytes_before_text(int height) {
      return sizeof(Node) + static_cast<std::size_t>(height) * sizeof(Link);
    }
    static Node* create(void* memory, int height) {
      Node* node = new (memory) Node(height);
      for (int level = 0; level < height; ++level) {
        new (node->links() + level) Link(nullptr);
      }
      return node;
    }

    int height() const { return height_; }
    Node* next(int level) const { return links()[level].load(std::memory_order_acquire); }
    void set_next(int level, Node* node) { links()[level].store(node, std::memory_order_release); }
    char* text() { return reinterpret_cast<char*>(links() + height_); }
    const char* text() const { return reinterpret_cast<const char*>(links() + height_); }

   private:
    using Link = std::atomic<Node*>;
    explicit Node(int height) : height_(height) {}
    Link* links() { return reinterpret_cast<Link*>(this + 1); }
    const Link* links() const { return reinterpret_cast<const Link*>(this + 1); }

    int height_;
  };

 private:
  int random_height() {
    random_ ^= random_ << 13;  // xorshift (Marsaglia 2003)
    random_ ^= random_ >> 7;
    random_ ^= random_ << 17;
    int height = 1;
    for (std::uint64_t bits = random_; height < kHeightMost && (bits & 3) == 0; bits >>= 2) {
      ++height;
    }
    return height;
  }

  const Node* before_end() const {
    const Node* at = head_;
    for (int level = height_.load(std::memory_order_relaxed) - 1; level >= 0; --level) {
      for (const Node* next = at->next(level); next != nullptr; next = at->next(level)) {
        at = next;
      }
    }
    return at == head_ ? nullptr : at;
  }

  void grow(int height) {
    if (height > height_.load(std::memory_order_relaxed)) {
      height_.store(height, std::memory_order_relaxed);  // a reader who sees it early finds null
    }
  }

  void append(Node* node) {
    grow(node->height());
    for (int level = 0; level < node->height(); ++level) {
      const auto at = static_cast<std::size_t>(level);
      behind_[at]->set_next(level, node);
      behind_[at] = node;
    }
  }

  /// Leaves in finger_, on each level, the last entry that is less than `text`. On each level the
  /// fingers are on or in front of those of the level below, so that only one side of them is in
  /// doubt, and only up to the first level on which they embrace it.
  void search_from_finger(const char* text) {
    const int height = height_.load(std::memory_order_relaxed);
    const bool is_forward = finger_[0] == head_ || compare_(finger_[0]->text(), text) < 0;
    int level = 0;
    for (; level < height; ++level) {
      Node* finger = finger_[static_cast<std::size_t>(level)];
      if (is_forward) {
        const Node* next = finger->next(level);
        if (next == nullptr || compare_(next->text(), text) > 0) {
          break;
        }
      } else if (finger == head_ || compare_(finger->text(), text) < 0) {
        break;
      }
    }
    Node* at = head_;  // all fingers lie behind it
    if (level < height) {
      at = finger_[static_cast<std::size_t>(level)];  // stays where it is
    } else if (is_forward) {
      at = finger_[static_cast<std::size_t>(height - 1)];
    }
    level -= 1;
    for (; level >= 0; --level) {
      for (Node* next = at->next(level); next != nullptr && compare_(next->text(), text) < 0;
           next = at->next(level)) {
        at = next;
      }
      finger_[static_cast<std::size_t>(level)] = at;
    }
  }

  /// Behind the fingers.
  void link(Node* node) {
    grow(node->height());
    for (int level = 0; level < node->height(); ++level) {
      const auto at = static_cast<std::size_t>(level);
      Node* const next = finger_[at]->next(level);
      node->set_next(level, next);
      finger_[at]->set_next(level, node);
      finger_[at] = node;
      if (next == nullptr) {
        behind_[at] = node;
      }
    }
  }

  const Compare& compare_;
  alignas(kAligned) std::array<char, Node::bytes_before_text(kHeightMost)> head_memory_;
  Node* const head_ = Node::create(head_memory_.data(), kHeightMost);  ///< of all levels; no bytes
  std::atomic<int> height_ = 1;
  // Of the thread that inserts:
  std::array<Node*, kHeightMost> behind_;  ///< the last entry of each level
  std::array<Node*, kHeightMost> finger_;  ///< the neighbour of the last insertion before the end
  std::uint64_t random_ = 0x9e3779b97f4a7c15;
};

}  // namespace postrider::store
