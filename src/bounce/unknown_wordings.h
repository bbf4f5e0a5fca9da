// The refusals whose wording no rule knows, gathered by wording, so that the next rule to write is
// the one on top.
//
// Memory is bounded: of wordings beyond kWordingsMost only the number of refusals is kept, of
// senders and hosts of one wording only that there are kNamesMost or more.
// Values; one thread.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "bounce/classifier.h"

namespace postrider::bounce {

class UnknownWordings {
 public:
  static constexpr std::size_t kWordingsMost = 10'000;
  static constexpr std::size_t kNamesMost = 1000;
  static constexpr std::size_t kSamplesMost = 3;

  struct Wording {
    std::string mask;
    std::uint64_t count = 0;
    std::set<std::string> senders;
    std::set<std::string> hosts;
    std::vector<std::string> samples;  ///< the first ones, as they came, printable
    int code = 0;                      ///< of the first
    std::string enhanced;              ///< the same
    std::string rule;                  ///< what judged the first for want of better
  };

  void add(const Diagnostic& diagnostic, const Finding& finding, std::string_view sender);

  /// The most frequent first.
  std::vector<Wording> take();
  /// Refusals by wordings that there was no room for.
  std::uint64_t left_out() const { return left_out_; }

 private:
  std::map<std::string, Wording, std::less<>> wordings_;
  std::uint64_t left_out_ = 0;
};

}  // namespace postrider::bounce
