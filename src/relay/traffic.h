// What becomes of mail by name (of a provider, of an account), for metrics: the busiest names have
// a row each, all others one together, so that a scrape stays small however many names there are.
//
// A name gets a row of its own while there are free ones; later, every kRound additions, the names
// without one that were busiest lately take the rows of those that were at least twice less busy.
// What was counted in `other` stays there and a new row begins at 0, so that no counter ever falls
// but by going away. Memory is bounded; an addition is one or two look-ups under a lock.
// Any thread.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/duration_counts.h"
#include "delivery/disposition.h"

namespace postrider::relay {

struct TrafficCounts {
  std::uint64_t accepted = 0;               ///< recipients
  std::array<std::uint64_t, 5> attempts{};  ///< by delivery::Outcome
  DurationCounts delivery;                  ///< from acceptance to delivery

  std::uint64_t of(delivery::Outcome outcome) const {
    return attempts[static_cast<std::size_t>(outcome)];
  }
};

class TrafficTable {
 public:
  static constexpr std::array kBounds{1.0,    5.0,    15.0,    60.0,   300.0,
                                      1800.0, 7200.0, 28800.0, 86400.0};  ///< seconds
  static constexpr std::string_view kOther = "other";

  explicit TrafficTable(std::size_t rows, std::uint64_t round = 10'000)
      : rows_max_(rows), round_(round) {}

  void accept(std::string_view name, std::uint64_t recipients);
  /// `took_seconds`: since acceptance; counted of what is delivered.
  void attempt(std::string_view name, delivery::Outcome outcome, double took_seconds);

  struct Row {
    std::string name;
    TrafficCounts counts;
  };
  /// By name; the last one is kOther.
  std::vector<Row> rows() const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const {
      return std::hash<std::string_view>()(text);
    }
  };
  template <class T>
  using ByName = std::unordered_map<std::string, T, Hash, std::equal_to<>>;
  struct Named {
    TrafficCounts counts;
    std::uint64_t lately = 0;  ///< additions in this round
  };

  TrafficCounts& row_of(std::string_view name);
  void end_round();

  const std::size_t rows_max_;
  const std::uint64_t round_;
  mutable std::mutex mutex_;  // guards what follows
  ByName<Named> named_;
  ByName<std::uint64_t> waiting_;  // names without a row: additions in this round
  TrafficCounts other_;
  std::uint64_t additions_ = 0;  // in this round
};

struct Traffic {
  TrafficTable providers{50};
  TrafficTable accounts{50};  ///< by id
  TrafficTable tls{10};       ///< deliveries by version of TLS
};

}  // namespace postrider::relay
