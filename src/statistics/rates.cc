#include "statistics/rates.h"

#include <array>

#include "statistics/rows.h"

namespace postrider::statistics {
namespace {

using events::Type;
using tag::of;

constexpr std::array kAccepted{of(Type::accepted)};
constexpr std::array kDelivered{of(Type::delivered)};
constexpr std::array kDeferred{of(Type::deferred)};
constexpr std::array kDeliveredAtFirst{tag::kDeliveredAtFirst};
constexpr std::array kBounced{of(Type::failed), of(Type::expired), of(Type::bounced)};
constexpr std::array kComplained{of(Type::complained)};
constexpr std::array kSettled{of(Type::delivered), of(Type::failed), of(Type::expired)};
constexpr std::array kAttempts{of(Type::delivered), of(Type::deferred), of(Type::failed)};

constexpr std::array kOpenedUnique{tag::kOpenedUnique};
constexpr std::array kClickedUnique{tag::kClickedUnique};
constexpr std::array kUnsubscribed{of(Type::unsubscribed)};

constexpr std::array kRates{
    Rate{"delivery",
         "delivered / accepted: recipients that a mail server took, of those that were "
         "accepted in the same time",
         kDelivered, kAccepted},
    Rate{"bounce",
         "(failed + expired + bounced) / accepted: recipients that were given up, of "
         "those that were accepted in the same time",
         kBounced, kAccepted},
    Rate{"success",
         "delivered / (delivered + failed + expired): recipients that a mail server "
         "took, of those whose delivery ended in this time",
         kDelivered, kSettled},
    Rate{"deferral",
         "deferred / (delivered + deferred + failed): attempts that were put off, of "
         "all attempts",
         kDeferred, kAttempts},
    Rate{"complaint",
         "complained / delivered: recipients that called it spam, of those that a mail server took "
         "in the same time",
         kComplained, kDelivered},
    Rate{"first_attempt", "delivered by the first attempt / delivered", kDeliveredAtFirst,
         kDelivered},
    Rate{"open",
         "recipients that opened for the first time / delivered; people only, and those who see "
         "no pictures are missing",
         kOpenedUnique, kDelivered},
    Rate{"click", "recipients that clicked for the first time / delivered; people only",
         kClickedUnique, kDelivered},
    Rate{"unsubscribe", "unsubscribed / delivered", kUnsubscribed, kDelivered}};

double sum(std::span<const std::uint32_t> tags, const Counts& counts) {
  std::uint64_t all = 0;
  for (const std::uint32_t tag : tags) {
    all += counts.get(tag);
  }
  return static_cast<double>(all);
}

}  // namespace

std::span<const Rate> rates() {
  return kRates;
}

std::optional<double> value_of(const Rate& rate, const Counts& counts) {
  const double whole = sum(rate.whole, counts);
  return whole > 0 ? std::optional(sum(rate.part, counts) / whole) : std::nullopt;
}

}  // namespace postrider::statistics
