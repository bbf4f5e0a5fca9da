#include "relay/inbound_address.h"

#include <array>
#include <utility>

#include "base/text.h"

namespace postrider::relay {
namespace {

constexpr std::string_view kBouncePrefix = "bounces+";
constexpr std::string_view kUnsubscribePrefix = "unsubscribe+";
constexpr std::string_view kReturnPathLabel = "bounces.";

bool is_return_path(std::string_view domain, const InboundNames& names,
                    const directory::Snapshot& directory) {
  if (domain == names.return_path_domain) {
    return true;
  }
  // Also where mail no longer goes out with it: reports come for days.
  return domain.starts_with(kReturnPathLabel) &&
         directory.domain(domain.substr(kReturnPathLabel.size())) != nullptr;
}

/// For postmaster and abuse, beside return-path domains.
bool is_hosted(std::string_view domain, const InboundNames& names,
               const directory::Snapshot& directory) {
  const directory::Domain* found = directory.domain(domain);
  return domain == names.hostname || (found != nullptr && found->is_verified);
}

std::optional<RecipientId> token_after(std::string_view prefix, std::string_view local,
                                       const mail::TokenKey& key) {
  return starts_with_ignoring_case(local, prefix)
             ? mail::read_token(key, local.substr(prefix.size()))
             : std::nullopt;
}

std::optional<InboundAddress> at_return_path(std::string_view local, const mail::TokenKey& key) {
  if (starts_with_ignoring_case(local, kBouncePrefix) || equal_ignoring_case(local, "bounces")) {
    return InboundAddress{.use = InboundUse::bounce,
                          .recipient = token_after(kBouncePrefix, local, key)};
  }
  if (const auto recipient = token_after(kUnsubscribePrefix, local, key)) {
    return InboundAddress{.use = InboundUse::unsubscribe, .recipient = recipient};
  }
  if (equal_ignoring_case(local, "fbl")) {
    return InboundAddress{.use = InboundUse::complaint, .recipient = std::nullopt};
  }
  return std::nullopt;
}

std::optional<InboundUse> for_people(std::string_view local) {
  static constexpr std::array kUses{
      std::pair{std::string_view("postmaster"), InboundUse::postmaster},
      std::pair{std::string_view("abuse"), InboundUse::abuse}};
  for (const auto& [name, use] : kUses) {
    if (equal_ignoring_case(local, name)) {
      return use;
    }
  }
  return std::nullopt;
}

std::unexpected<smtp::Reply> refuse(std::string enhanced, std::string text) {
  return std::unexpected(
      smtp::Reply{.code = 550, .enhanced = std::move(enhanced), .text = std::move(text)});
}

}  // namespace

std::expected<InboundAddress, smtp::Reply> inbound_address(const mail::Address& address,
                                                           const InboundNames& names,
                                                           const directory::Snapshot& directory) {
  const bool is_at_return_path = is_return_path(address.domain, names, directory);
  const bool is_ours =
      is_at_return_path || address.domain.empty() || is_hosted(address.domain, names, directory);
  if (!is_ours) {
    return refuse("5.7.1", "mail for this domain is not taken here");
  }
  if (const auto use = for_people(address.local)) {
    return InboundAddress{.use = *use, .recipient = std::nullopt};
  }
  if (is_at_return_path) {
    if (const auto found = at_return_path(address.local, names.token_key)) {
      return *found;
    }
  }
  return refuse("5.1.1", "there is no such mailbox here");
}

std::optional<RecipientId> return_path_recipient(std::string_view address,
                                                 const mail::TokenKey& key) {
  return token_after(kBouncePrefix, address.substr(0, address.find('@')), key);
}

}  // namespace postrider::relay
