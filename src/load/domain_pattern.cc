#include "load/domain_pattern.h"

#include <charconv>

#include "base/text.h"
#include "mail/address.h"

namespace postrider::load {
namespace {

constexpr std::string_view kPlace = "%d";

Result<std::uint32_t> parse_count(std::string_view text) {
  std::uint32_t count = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), count);
  if (ec != std::errc() || end != text.data() + text.size() || count == 0 ||
      count > DomainPattern::kMostDomains) {
    return fail(Errc::invalid, "'" + printable(text, 40) + "' is not a number of domains (1 to " +
                                   std::to_string(DomainPattern::kMostDomains) + ")");
  }
  return count;
}

}  // namespace

Result<DomainPattern> DomainPattern::parse(std::string_view text) {
  const auto star = text.rfind('*');
  std::uint32_t count = 1;
  if (star != std::string_view::npos) {
    TRY(count, parse_count(text.substr(star + 1)));
  }
  const std::string_view form = text.substr(0, star);
  const auto place = form.find(kPlace);
  if ((place == std::string_view::npos) != (star == std::string_view::npos)) {
    return fail(Errc::invalid, "'" + printable(text, 80) +
                                   "': write one domain, or one with %d and how many there are, "
                                   "such as 'd%d.example*1000'");
  }
  DomainPattern pattern;
  pattern.domains_.reserve(count);
  for (std::uint32_t i = 0; i < count; ++i) {
    std::string name(form);
    if (place != std::string_view::npos) {
      name.replace(place, kPlace.size(), std::to_string(i));
    }
    TRY(std::string domain, mail::parse_domain(name), "'" + printable(text, 80) + "'");
    pattern.domains_.push_back(std::move(domain));
  }
  return pattern;
}

}  // namespace postrider::load
