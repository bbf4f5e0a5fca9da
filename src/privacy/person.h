// Somebody by a mail address: where a text names them, and the text without them.
//
// Found in any case, as it stands, percent-encoded, in quoted-printable, in base64 (also as an
// encoded word of a header, RFC 2047), escaped as in JSON and HTML, with "=" for "@" as return
// paths have it, with the domain in Unicode, and cut off at the end of a text behind the "@". Not
// where it is only the end of a longer address ("joann@example.net" is not ann@example.net). Pure;
// linear; any thread.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "mail/address.h"

namespace postrider::privacy {

/// What stands in the place of the address.
inline constexpr std::string_view kErased = "[erased]";

class Person {
 public:
  explicit Person(const mail::Address& address);

  const mail::Address& address() const { return address_; }
  /// Whether `address`, as events have it, is theirs.
  bool is(std::string_view address) const;
  bool is(const mail::Address& address) const;

  bool is_named_in(std::string_view text) const;
  /// False: it names them nowhere, and has not changed. What names them in an encoding goes whole.
  bool take_out_of(std::string& text) const;

 private:
  struct Place {
    std::size_t begin = 0;
    std::size_t size = 0;
  };
  std::vector<Place> places_in(std::string_view lower_text) const;
  bool is_encoded_in(std::string_view text) const;

  mail::Address address_;
  std::string wanted_;              ///< in lower case
  std::vector<std::string> spelt_;  ///< the ways it may stand there, in lower case
};

}  // namespace postrider::privacy
