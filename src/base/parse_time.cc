#include <optional>

#include "base/text.h"

namespace postrider {
namespace {

/// Takes a time apart from the front; what is left over is for the next question.
class TimeReader {
 public:
  explicit TimeReader(std::string_view text) : rest_(text) {}

  std::optional<Time> read() {
    const auto day = date();
    if (!day) {
      return std::nullopt;
    }
    if (rest_.empty()) {
      return Time(*day);
    }
    if (!skip('T') && !skip('t') && !skip(' ')) {
      return std::nullopt;
    }
    const auto in_day = time_of_day();
    const auto ahead = in_day ? offset() : std::nullopt;
    if (!ahead || !rest_.empty()) {
      return std::nullopt;
    }
    return Time(*day) + *in_day - *ahead;
  }

 private:
  std::optional<std::chrono::sys_days> date() {
    const auto year = number(4, 0, 9999);
    const auto month = year && skip('-') ? number(2, 1, 12) : std::nullopt;
    const auto day = month && skip('-') ? number(2, 1, 31) : std::nullopt;
    if (!day) {
      return std::nullopt;
    }
    const std::chrono::year_month_day date{std::chrono::year(*year),
                                           std::chrono::month(static_cast<unsigned>(*month)),
                                           std::chrono::day(static_cast<unsigned>(*day))};
    return date.ok() ? std::optional(std::chrono::sys_days(date)) : std::nullopt;
  }

  std::optional<Duration> time_of_day() {
    const auto hours = number(2, 0, 23);
    const auto minutes = hours && skip(':') ? number(2, 0, 59) : std::nullopt;
    if (!minutes) {
      return std::nullopt;
    }
    Duration time = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    if (!skip(':')) {
      return time;
    }
    const auto seconds = number(2, 0, 60);
    if (!seconds || (skip('.') && !fraction(time))) {
      return std::nullopt;
    }
    return time + std::chrono::seconds(*seconds);
  }

  /// To the millisecond; digits behind it are read and mean nothing.
  bool fraction(Duration& time) {
    int unit = 100;
    std::size_t digits = 0;
    for (; !rest_.empty() && is_digit(rest_[0]); ++digits, unit /= 10) {
      time += Duration((rest_[0] - '0') * unit);
      rest_.remove_prefix(1);
    }
    return digits > 0;
  }

  std::optional<Duration> offset() {
    if (rest_.empty() || skip('Z') || skip('z')) {
      return Duration(0);
    }
    const bool is_behind = rest_[0] == '-';
    if (!is_behind && rest_[0] != '+') {
      return std::nullopt;
    }
    rest_.remove_prefix(1);
    const auto hours = number(2, 0, 23);
    const auto minutes = hours && skip(':') ? number(2, 0, 59) : std::nullopt;
    if (!minutes) {
      return std::nullopt;
    }
    const Duration ahead = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
    return is_behind ? -ahead : ahead;
  }

  std::optional<int> number(std::size_t digits, int least, int most) {
    int value = 0;
    for (std::size_t i = 0; i < digits; ++i) {
      if (rest_.empty() || !is_digit(rest_[0])) {
        return std::nullopt;
      }
      value = value * 10 + (rest_[0] - '0');
      rest_.remove_prefix(1);
    }
    return value >= least && value <= most ? std::optional(value) : std::nullopt;
  }

  bool skip(char c) {
    const bool is_there = !rest_.empty() && rest_[0] == c;
    rest_.remove_prefix(is_there ? 1 : 0);
    return is_there;
  }

  std::string_view rest_;
};

}  // namespace

Result<Time> parse_time(std::string_view text) {
  if (const std::optional<Time> time = TimeReader(text).read()) {
    return *time;
  }
  return fail(Errc::invalid, "'" + printable(text, 40) +
                                 "' is not a time: write 2026-11-24T05:52:12Z or 2026-11-24");
}

}  // namespace postrider
