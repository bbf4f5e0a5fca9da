// The sessions of one thread that wait for a command, those that have waited longest in front: when
// there are more clients than places, these go first, and of them those that have made errors.
//
// Thread: that of the sessions. Must outlive them.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <optional>
#include <utility>

#include <boost/intrusive/list.hpp>

namespace postrider::smtp {

class IdleSessions {
 public:
  using Steady = std::chrono::steady_clock;

  /// A place in the line, for as long as it lives.
  class Waiting : public boost::intrusive::list_base_hook<
                      boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
   public:
    /// `leave` ends the wait; it is called once at most, and not from within this constructor. No
    /// line: nobody ever asks it to.
    Waiting(IdleSessions* line, bool has_erred, std::function<void()> leave);

   private:
    friend class IdleSessions;
    std::function<void()> leave_;
    Steady::time_point since_;
  };

  /// Asks up to `count` sessions to leave, none that has waited for less than `least`. Returns how
  /// many were asked.
  std::size_t shed(std::size_t count, std::chrono::milliseconds least);

 private:
  using Line = boost::intrusive::list<Waiting, boost::intrusive::constant_time_size<false>>;
  static std::size_t shed_from(Line& line, std::size_t count, Steady::time_point before);

  Line erring_;
  Line quiet_;
};

}  // namespace postrider::smtp
