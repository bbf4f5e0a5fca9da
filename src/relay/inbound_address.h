// Whom the inbound listener takes mail for, and what that mail is for.
//
//   bounces+TOKEN@     bounce mails, at a return-path domain; also with a broken token or none: an
//                      id of ours may stand in the part that comes back
//   unsubscribe+TOKEN@ at a return-path domain, with a valid token only
//   fbl@               complaints, at a return-path domain
//   postmaster@ abuse@ at return-path domains, at domains of our accounts, and of the installation;
//                      postmaster also without a domain (RFC 5321, 4.5.1; RFC 2142)
//
// Return-path domains are the installation's and bounces.NAME of each domain NAME that an account
// has. Local parts are compared without case, because hosts fold it. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string>

#include "base/ids.h"
#include "directory/directory.h"
#include "mail/address.h"
#include "mail/return_path.h"
#include "smtp/reply.h"

namespace postrider::relay {

enum class InboundUse : std::uint8_t { bounce, unsubscribe, complaint, postmaster, abuse };

struct InboundAddress {
  InboundUse use = InboundUse::bounce;
  std::optional<RecipientId> recipient;  ///< that a valid token names
};

/// What is ours: the names that inbound mail may come to.
struct InboundNames {
  std::string hostname;
  std::string return_path_domain;  ///< of the installation
  mail::TokenKey token_key{};
};

/// Or the refusal: 550 5.1.1 at a domain of ours, 550 5.7.1 elsewhere.
std::expected<InboundAddress, smtp::Reply> inbound_address(const mail::Address& address,
                                                           const InboundNames& names,
                                                           const directory::Snapshot& directory);

/// The recipient that "bounces+TOKEN@..." names, whatever its domain; nothing: no token of ours.
std::optional<RecipientId> return_path_recipient(std::string_view address,
                                                 const mail::TokenKey& key);

}  // namespace postrider::relay
