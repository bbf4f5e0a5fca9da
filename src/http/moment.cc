#include "http/moment.h"

#include "base/text.h"

namespace postrider::http {

Result<Time> parse_moment(const std::string& parameter, const std::string& text, Time now) {
  if (text == "now") {
    return now;
  }
  if (const Result<Duration> back = parse_duration(text)) {
    return now - *back;
  }
  const Result<Time> time = parse_time(text);
  if (!time) {
    return fail(Errc::invalid, parameter + ": '" + printable(text, 40) +
                                   "' is neither a time (2026-11-24T05:00:00Z, 2026-11-24) nor a "
                                   "duration back from now (7d, 12h)");
  }
  return *time;
}

}  // namespace postrider::http
