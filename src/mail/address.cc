#include "mail/address.h"

#include <algorithm>
#include <array>

#include "base/quoted.h"
#include "base/text.h"
#include "mail/address_literal.h"

namespace postrider::mail {
namespace {

constexpr std::size_t kLongestLocal = 64;
constexpr std::size_t kLongestAddress = 254;  // a path has 256, its brackets included

/// atext of RFC 5322, 3.2.3, and of RFC 6531: whatever is beyond ASCII. A table, because each
/// address of each message is looked at letter by letter.
constexpr std::array<bool, 256> kAtext = [] {
  std::array<bool, 256> table{};
  for (std::size_t i = 0; i < table.size(); ++i) {
    const char c = static_cast<char>(i);
    table[i] = is_alpha(c) || is_digit(c) || i >= 0x80;
  }
  for (const char mark : std::string_view("!#$%&'*+-/=?^_`{|}~")) {
    table[static_cast<unsigned char>(mark)] = true;
  }
  return table;
}();

bool is_atext(char c) {
  return kAtext[static_cast<unsigned char>(c)];
}

bool is_dot_string(std::string_view text) {
  bool after_dot = true;  // neither at the front nor behind another one
  for (const char c : text) {
    if (c == '.' ? after_dot : !is_atext(c)) {
      return false;
    }
    after_dot = c == '.';
  }
  return !after_dot;
}

/// Reads a path or mailbox from its front.
class Cursor {
 public:
  explicit Cursor(std::string_view text) : rest_(text) {}

  bool skip(char c) {
    const bool found = rest_.starts_with(c);
    rest_.remove_prefix(found ? 1 : 0);
    return found;
  }

  template <class Predicate>
  std::string_view take_while(Predicate wanted) {
    const auto end = std::ranges::find_if_not(rest_, wanted);
    const std::string_view taken(rest_.begin(), end);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view rest() const { return rest_; }

 private:
  std::string_view rest_;
};

Result<std::string> read_quoted(Cursor& cursor) {
  std::string local;
  cursor.skip('"');
  while (!cursor.rest().empty()) {
    if (cursor.skip('"')) {
      return local;
    }
    cursor.skip('\\');
    if (cursor.rest().empty()) {
      break;
    }
    local.push_back(cursor.rest().front());
    cursor.skip(local.back());
  }
  return fail(Errc::invalid, "the quoted local part has no closing quote");
}

Result<std::string> read_local(Cursor& cursor) {
  if (cursor.rest().starts_with('"')) {
    return read_quoted(cursor);
  }
  const std::string_view local = cursor.take_while([](char c) { return c == '.' || is_atext(c); });
  if (!is_dot_string(local)) {
    return fail(Errc::invalid, local.empty() ? "there is no local part in front of the @"
                                             : "'" + printable(local, 80) +
                                                   "' is not a local part: dots stand between "
                                                   "other characters only");
  }
  return std::string(local);
}

/// What stands where a domain must: up to the characters that can follow one.
Result<std::string> read_domain(Cursor& cursor) {
  if (cursor.rest().starts_with('[')) {
    const std::string_view from = cursor.rest();
    cursor.take_while([](char c) { return c != ']'; });
    cursor.skip(']');
    return parse_literal(from.substr(0, from.size() - cursor.rest().size()));
  }
  const std::string_view name = cursor.take_while(
      [](char c) { return c != '>' && c != ',' && c != ':' && c != ' ' && c != '\t'; });
  if (name.empty() || name.ends_with('.')) {
    return fail(Errc::invalid,
                name.empty() ? "there is no domain behind the @" : "the domain ends with a dot");
  }
  return parse_domain(name);
}

/// "@a,@b:" in front of a mailbox, read and forgotten.
Result<> skip_route(Cursor& cursor) {
  if (!cursor.rest().starts_with('@')) {
    return {};
  }
  do {
    if (!cursor.skip('@')) {
      return fail(Errc::invalid, "each host of a source route begins with an @");
    }
    TRY_VOID(read_domain(cursor), "reading the source route");
  } while (cursor.skip(','));
  if (!cursor.skip(':')) {
    return fail(Errc::invalid, "the source route doesn't end with a colon");
  }
  return {};
}

Result<> check_local(std::string_view local) {
  if (local.empty()) {
    return fail(Errc::invalid, "the local part is empty");
  }
  if (local.size() > kLongestLocal) {
    return fail(Errc::invalid, "the local part is longer than 64 bytes");
  }
  if (!is_printable(local)) {
    return fail(Errc::invalid, "the local part holds control characters or is not UTF-8");
  }
  return {};
}

Result<Address> checked(Address address) {
  TRY_VOID(check_local(address.local));
  const std::size_t longest = 2 * address.local.size() + 3 + address.domain.size();  // in quotes
  if (longest > kLongestAddress && to_string(address).size() > kLongestAddress) {
    return fail(Errc::invalid, "the address is longer than 254 bytes");
  }
  return address;
}

Result<Address> read_mailbox(Cursor& cursor) {
  TRY(std::string local, read_local(cursor));
  if (!cursor.skip('@')) {
    return fail(Errc::invalid,
                "there is no @ behind the local part '" + printable(local, 80) + "'");
  }
  TRY(std::string domain, read_domain(cursor));
  return checked({.local = std::move(local), .domain = std::move(domain)});
}

Result<> check_charset(std::string_view text, bool utf8_allowed) {
  if (!utf8_allowed && !is_ascii(text)) {
    return fail(Errc::invalid, "an address beyond ASCII needs SMTPUTF8");
  }
  return {};
}

bool is_postmaster(std::string_view text) {
  constexpr std::string_view kPostmaster = "postmaster";
  return starts_with_ignoring_case(text, kPostmaster) && text.substr(kPostmaster.size(), 1) == ">";
}

}  // namespace

bool Address::is_ascii() const {
  return postrider::is_ascii(local) && postrider::is_ascii(domain);
}

void append(std::string& out, const Address& address) {
  if (address.local.empty() || is_dot_string(address.local)) {
    out += address.local;
  } else {
    append_quoted(out, address.local);
  }
  if (!address.domain.empty()) {
    out.push_back('@');
    out += address.domain;
  }
}

std::string to_string(const Address& address) {
  std::string out;
  out.reserve(address.local.size() + 1 + address.domain.size());
  append(out, address);
  return out;
}

Result<Address> parse_path(std::string_view text, PathRules rules, std::string_view* rest) {
  Cursor cursor(text);
  if (!cursor.skip('<')) {
    return fail(Errc::invalid, "an address stands in angle brackets: <ann@example.net>");
  }
  Address address;
  if (rules.null_allowed && cursor.rest().starts_with('>')) {
    // The null path: nothing between the brackets.
  } else if (is_postmaster(cursor.rest())) {
    address.local = cursor.take_while(is_alpha);
  } else {
    TRY_VOID(skip_route(cursor));
    TRY(address, read_mailbox(cursor));
  }
  if (!cursor.skip('>')) {
    return fail(Errc::invalid, "the address has no closing angle bracket");
  }
  const std::string_view path = text.substr(0, text.size() - cursor.rest().size());
  TRY_VOID(check_charset(path, rules.utf8_allowed));
  if (rest != nullptr) {
    *rest = cursor.rest();
  } else if (!cursor.rest().empty()) {
    return fail(Errc::invalid, "something follows the closing angle bracket");
  }
  return address;
}

Result<Address> parse_mailbox(std::string_view text, bool utf8_allowed) {
  TRY_VOID(check_charset(text, utf8_allowed));
  Cursor cursor(text);
  TRY(Address address, read_mailbox(cursor));
  if (!cursor.rest().empty()) {
    return fail(Errc::invalid, "something follows the address '" + to_string(address) + "'");
  }
  return address;
}

Result<Address> make_address(std::string_view local, std::string_view domain) {
  if (domain.starts_with('[')) {
    TRY(std::string literal, parse_literal(domain));
    return checked({.local = std::string(local), .domain = std::move(literal)});
  }
  if (domain.ends_with('.')) {
    return fail(Errc::invalid, "the domain ends with a dot");
  }
  TRY(std::string name, parse_domain(domain));
  return checked({.local = std::string(local), .domain = std::move(name)});
}

}  // namespace postrider::mail
