// What people have decided about links that were sent already: they lead nowhere any more, of an
// account, of a message or to a host; or those to one target of a campaign lead to another.
//
// What is stored: a version, the fields in their order (numbers as varints), a checksum. Pure; any
// thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/clock.h"
#include "base/ids.h"
#include "base/result.h"

namespace postrider::links {

struct LinkOrder {
  /// On disk.
  enum class What : std::uint8_t {
    withdraw_account = 1,
    withdraw_message = 2,
    withdraw_host = 3,    ///< and those below it; of one account or, where that is 0, of all
    point_elsewhere = 4,  ///< `from` of a campaign leads to `to`
  };

  What what = What::withdraw_host;
  AccountId account;
  MessageId message;
  std::string host;  ///< lower case
  std::string campaign;
  std::string from;
  std::string to;
  Time since{};
  std::string reason;  ///< for operators

  bool operator==(const LinkOrder&) const = default;
};
std::string_view to_string(LinkOrder::What what);

/// What it is about: one order for each, and its name in the API: 32 letters of hexadecimal.
std::string id_of(const LinkOrder& order);

/// Errc::invalid says what is missing or can't be.
Result<> check(const LinkOrder& order);

std::string encode(const LinkOrder& order);
Result<LinkOrder> decode_order(std::string_view record);  ///< Errc::corrupt

/// Whether a stored target may stand in a Location: http or https with a host, printable ASCII.
bool may_redirect_to(std::string_view url);
/// Lower case, without user information, port and the dot of a full name; empty of what is no such
/// URL.
std::string host_of(std::string_view url);

}  // namespace postrider::links
