// The domains of a load's recipients, written as a pattern: "d%d.example*1000" is d0.example to
// d999.example in turn, "a.example" is one domain.
//
// Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace postrider::load {

class DomainPattern {
 public:
  static constexpr std::uint32_t kMostDomains = 1'000'000;

  /// Errc::invalid says what is wrong with it: no domain, a count without %d or %d without one.
  static Result<DomainPattern> parse(std::string_view text);

  /// The domain of recipient `number`.
  const std::string& domain(std::uint64_t number) const {
    return domains_[number % domains_.size()];
  }
  std::size_t count() const { return domains_.size(); }

 private:
  DomainPattern() = default;
  std::vector<std::string> domains_;  // at least one
};

}  // namespace postrider::load
