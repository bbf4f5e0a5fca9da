// Rows of a table that one writer alone writes, as they are in the database: what is written again
// soon need not be read again. How many are kept is bounded: when it is full, those go that have
// not been used since it was full the last time; if all have, half of them, whichever. One thread.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <utility>

namespace postrider::store {

template <class Row>
class RowCache {
 public:
  explicit RowCache(std::size_t rows_max) : rows_max_(std::max<std::size_t>(rows_max, 1)) {}

  /// Null: it has to be read. Stays until keep() or clear().
  Row* find(const std::string& key) {
    const auto found = rows_.find(key);
    if (found == rows_.end()) {
      return nullptr;
    }
    found->second.used_in = round_;
    return &found->second.row;
  }

  /// Stays as what find() gives. Of a key that find() did not know.
  Row& keep(std::string key, Row row) {
    if (rows_.size() >= rows_max_) {
      make_room();
    }
    return rows_.emplace(std::move(key), Kept{.row = std::move(row), .used_in = round_})
        .first->second.row;
  }

  std::size_t size() const { return rows_.size(); }
  void clear() { rows_.clear(); }

 private:
  struct Kept {
    Row row;
    std::uint64_t used_in = 0;
  };

  void make_room() {
    std::erase_if(rows_, [&](const auto& one) { return one.second.used_in != round_; });
    bool goes = false;
    if (rows_.size() >= rows_max_) {
      std::erase_if(rows_, [&](const auto& /*one*/) { return goes = !goes; });
    }
    ++round_;
  }

  std::unordered_map<std::string, Kept> rows_;
  std::uint64_t round_ = 0;  // how often it has been full
  const std::size_t rows_max_;
};

}  // namespace postrider::store
