// How mail has fared lately: recipients that ended, hard bounces and complaints, in three windows
// that end now. A late bounce and a complaint count with the delivery that they are about, so that
// a large mailing's complaints are not held against the small one of the day after.
//
// A window is kept in twelve parts, and what is older leaves it part by part: it reaches back over
// its length and up to a twelfth more.
//
// What is stored: a version, the time from which it counts, for each window pairs of part and
// tally, a checksum. Values; any thread.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/result.h"

namespace postrider::health {

enum class Window : std::uint8_t { hour, day, week };
constexpr std::array kWindows{Window::hour, Window::day, Window::week};
std::string_view to_string(Window window);  ///< "1h", "24h", "7d"
Duration length_of(Window window);

struct Tally {
  std::uint64_t ended = 0;      ///< recipients: delivered, failed or expired
  std::uint64_t delivered = 0;  ///< of these
  std::uint64_t hard = 0;       ///< hard bounces, at once or late
  std::uint64_t complaints = 0;

  double bounce_percent() const;     ///< 0 where nothing ended
  double complaint_percent() const;  ///< of those delivered; 0 where there are none
  Tally& operator+=(const Tally& other);
  bool operator==(const Tally&) const = default;
};

class Rates {
 public:
  Rates() = default;
  /// `counted_from`: what happened before is not in it.
  explicit Rates(Time counted_from) : counted_from_(counted_from) {}

  Time counted_from() const { return counted_from_; }

  /// What happened about `time`; nothing of it is kept where that lies before all windows, or in
  /// the future.
  void add(Time time, const Tally& tally, Time now);
  Tally sum(Window window, Time now) const;
  /// Nothing of it is in any window.
  bool is_over(Time now) const;

  std::string encode() const;
  /// Errc::corrupt
  static Result<Rates> decode(std::string_view record);

  bool operator==(const Rates&) const = default;

 private:
  struct Part {
    std::int64_t number = 0;  ///< lengths of a part since 1970
    Tally tally;

    bool operator==(const Part&) const = default;
  };

  Time counted_from_{};
  std::array<std::vector<Part>, kWindows.size()> windows_;  ///< each by number
};

}  // namespace postrider::health
