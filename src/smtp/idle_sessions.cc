#include "smtp/idle_sessions.h"

namespace postrider::smtp {

IdleSessions::Waiting::Waiting(IdleSessions* line, bool has_erred, std::function<void()> leave)
    : leave_(std::move(leave)), since_(Steady::now()) {
  if (line != nullptr) {
    (has_erred ? line->erring_ : line->quiet_).push_back(*this);
  }
}

std::size_t IdleSessions::shed(std::size_t count, std::chrono::milliseconds least) {
  const Steady::time_point before = Steady::now() - least;
  const std::size_t erring = shed_from(erring_, count, before);
  return erring + shed_from(quiet_, count - erring, before);
}

std::size_t IdleSessions::shed_from(Line& line, std::size_t count, Steady::time_point before) {
  std::size_t asked = 0;
  while (asked < count && !line.empty() && line.front().since_ <= before) {
    Waiting& first = line.front();
    first.unlink();  // it may be told to leave once only, and its end comes later
    first.leave_();
    ++asked;
  }
  return asked;
}

}  // namespace postrider::smtp
