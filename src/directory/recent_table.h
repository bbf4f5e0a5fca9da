// A table of what happened lately: bounded in number and in age, the least recently touched go
// first.
//
// Keys are digests, so that a peer's long or chosen names cost no more than others. Not for more
// than one thread at a time.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <list>
#include <unordered_map>
#include <utility>

#include "base/clock.h"

namespace postrider::directory {

using Digest = std::array<std::uint8_t, 32>;

template <class Value>
class RecentTable {
 public:
  RecentTable(std::size_t entries_max, Duration keep) : entries_max_(entries_max), keep_(keep) {}

  /// Null if there is none, or it was last touched `keep` ago.
  Value* find(const Digest& key, Time now) {
    const auto found = entries_.find(key);
    if (found == entries_.end() || found->second->touched + keep_ <= now) {
      return nullptr;
    }
    return &found->second->value;
  }

  /// The value at `key`, made where there is none, and now the last to go.
  Value& touch(const Digest& key, Time now) {
    forget_old(now);
    const auto found = entries_.find(key);
    if (found != entries_.end()) {
      order_.splice(order_.end(), order_, found->second);
      found->second->touched = now;
      return found->second->value;
    }
    if (entries_.size() >= entries_max_) {
      forget_first();
    }
    order_.push_back({.key = key, .touched = now, .value = {}});
    entries_.emplace(key, std::prev(order_.end()));
    return order_.back().value;
  }

  std::size_t size() const { return entries_.size(); }

 private:
  struct Entry {
    Digest key;
    Time touched;
    Value value;
  };
  struct FirstBytes {  // of a keyed hash: spread already
    std::size_t operator()(const Digest& key) const {
      std::size_t value = 0;
      std::memcpy(&value, key.data(), sizeof(value));
      return value;
    }
  };

  void forget_first() {
    entries_.erase(order_.front().key);
    order_.pop_front();
  }
  void forget_old(Time now) {
    while (!order_.empty() && order_.front().touched + keep_ <= now) {
      forget_first();
    }
  }

  std::size_t entries_max_;
  Duration keep_;
  std::list<Entry> order_;  // by last touch
  std::unordered_map<Digest, typename std::list<Entry>::iterator, FirstBytes> entries_;
};

}  // namespace postrider::directory
