#include "statistics/query.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

namespace postrider::statistics {
namespace {

constexpr std::uint32_t kDay = 24;

/// A stretch of time of which rows of one span tell everything.
struct Piece {
  Span span;
  std::uint32_t from;
  std::uint32_t to;
};

/// Days where they are whole, hours at both ends.
std::vector<Piece> pieces_of(std::uint32_t from, std::uint32_t to) {
  const std::uint32_t first_day = (from + kDay - 1) / kDay * kDay;
  const std::uint32_t behind_last_day = to / kDay * kDay;
  if (first_day >= behind_last_day) {
    return {{Span::hour, from, to}};
  }
  std::vector<Piece> pieces;
  if (from < first_day) {
    pieces.push_back({Span::hour, from, first_day});
  }
  pieces.push_back({Span::day, first_day, behind_last_day});
  if (behind_last_day < to) {
    pieces.push_back({Span::hour, behind_last_day, to});
  }
  return pieces;
}

/// Adds `record` to `sum`.
void add(std::string_view record, Counts& sum, Answer& answer) {
  if (const Result<Counts> counts = Counts::decode(record)) {
    sum.add(*counts);
  } else {
    ++answer.unreadable;
  }
}

/// The rows of one value, found by their keys.
Result<> add_value(const store::Store& store, const Query& query, const Piece& piece, Counts& sum,
                   Answer& answer) {
  RowName name{.account = query.account,
               .span = piece.span,
               .dimension = query.of,
               .begin = 0,
               .value = query.value};
  for (name.begin = piece.from; name.begin < piece.to; name.begin += hours_of(piece.span)) {
    TRY(const std::optional<std::string> record, store.get(store::Table::counter, key_of(name)),
        "reading the statistics");
    if (record) {
      add(*record, sum, answer);
    }
  }
  return {};
}

using ByValue = std::unordered_map<std::string, Counts>;

/// The rows of all values.
Result<> add_values(const store::Store& store, const Query& query, const Piece& piece,
                    ByValue& by_value, Answer& answer) {
  RowName name{.account = query.account,
               .span = piece.span,
               .dimension = query.dimension,
               .begin = piece.from,
               .value = {}};
  const std::string from = key_of_time(name);
  name.begin = piece.to;
  return store.scan(store::Table::counter, from, key_of_time(name),
                    [&](std::string_view key, std::string_view record) {
                      add(record, by_value[std::string(key.substr(from.size()))], answer);
                      return true;
                    });
}

Result<Answer> by_time(const store::Store& store, const Query& query) {
  const Span span = query.by == Query::By::hour ? Span::hour : Span::day;
  Answer answer;
  for (std::uint32_t begin = query.from; begin < query.to; begin += hours_of(span)) {
    Row row{.name = {}, .begin = begin, .counts = {}};
    TRY_VOID(add_value(store, query, {span, begin, begin + hours_of(span)}, row.counts, answer));
    answer.total.add(row.counts);
    answer.rows.push_back(std::move(row));
  }
  return answer;
}

std::uint64_t busyness(const Counts& counts) {
  std::uint64_t sum = 0;
  for (const Counts::Count& count : counts.all()) {
    sum += count.tag < tag::kAcceptedBytes ? count.number : 0;
  }
  return sum;
}

Result<Answer> by_dimension(const store::Store& store, const Query& query) {
  Answer answer;
  ByValue by_value;
  for (const Piece& piece : pieces_of(query.from, query.to)) {
    if (query.of == Dimension::total) {
      TRY_VOID(add_values(store, query, piece, by_value, answer), "reading the statistics");
    } else {
      TRY_VOID(add_value(store, query, piece, by_value[query.value], answer));
    }
  }
  for (auto& [value, counts] : by_value) {
    answer.total.add(counts);
    answer.rows.push_back({.name = value, .begin = 0, .counts = std::move(counts)});
  }
  std::ranges::sort(answer.rows, [](const Row& a, const Row& b) {
    return std::pair(busyness(b.counts), std::string_view(a.name)) <
           std::pair(busyness(a.counts), std::string_view(b.name));
  });
  if (answer.rows.size() > query.rows_max) {
    answer.left_off = answer.rows.size() - query.rows_max;
    answer.rows.resize(query.rows_max);
  }
  return answer;
}

}  // namespace

Result<Answer> ask(const store::Store& store, const Query& query) {
  return query.by == Query::By::dimension ? by_dimension(store, query) : by_time(store, query);
}

}  // namespace postrider::statistics
