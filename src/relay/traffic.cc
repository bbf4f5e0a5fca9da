#include "relay/traffic.h"

#include <algorithm>
#include <utility>

namespace postrider::relay {
namespace {

constexpr std::size_t kWaitingMost = 2000;  // names whose additions are counted in a round

}  // namespace

void TrafficTable::accept(std::string_view name, std::uint64_t recipients) {
  const std::lock_guard lock(mutex_);
  row_of(name).accepted += recipients;
}

void TrafficTable::attempt(std::string_view name, delivery::Outcome outcome, double took_seconds) {
  const std::lock_guard lock(mutex_);
  TrafficCounts& counts = row_of(name);
  ++counts.attempts[static_cast<std::size_t>(outcome)];
  if (outcome == delivery::Outcome::delivered) {
    counts.delivery.add(took_seconds, kBounds);
  }
}

TrafficCounts& TrafficTable::row_of(std::string_view name) {
  if (name == kOther) {
    return other_;  // a second row of that name would be a mistake to whoever reads them
  }
  if (++additions_ >= round_) {
    end_round();
  }
  auto found = named_.find(name);
  if (found == named_.end() && named_.size() < rows_max_) {
    found = named_.emplace(std::string(name), Named()).first;
  }
  if (found != named_.end()) {
    ++found->second.lately;
    return found->second.counts;
  }
  if (const auto waits = waiting_.find(name); waits != waiting_.end()) {
    ++waits->second;
  } else if (waiting_.size() < kWaitingMost) {
    waiting_.emplace(std::string(name), 1);
  }
  return other_;
}

void TrafficTable::end_round() {
  using Lately = std::pair<std::uint64_t, std::string>;
  std::vector<Lately> busy;
  for (auto& [name, additions] : waiting_) {
    busy.emplace_back(additions, name);
  }
  std::vector<Lately> quiet;
  for (auto& [name, row] : named_) {
    quiet.emplace_back(std::exchange(row.lately, 0), name);
  }
  std::ranges::sort(busy, std::ranges::greater());
  std::ranges::sort(quiet);
  for (std::size_t i = 0; i < std::min(busy.size(), quiet.size()); ++i) {
    if (busy[i].first < 2 * std::max<std::uint64_t>(quiet[i].first, 1)) {
      break;
    }
    named_.erase(quiet[i].second);
    named_.emplace(busy[i].second, Named());
  }
  waiting_.clear();
  additions_ = 0;
}

std::vector<TrafficTable::Row> TrafficTable::rows() const {
  std::vector<Row> rows;
  {
    const std::lock_guard lock(mutex_);
    for (const auto& [name, row] : named_) {
      rows.push_back({.name = name, .counts = row.counts});
    }
    rows.push_back({.name = std::string(kOther), .counts = other_});
  }
  std::ranges::sort(rows.begin(), rows.end() - 1, {}, &Row::name);
  return rows;
}

}  // namespace postrider::relay
