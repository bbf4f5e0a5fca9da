// Addresses from anywhere: whatever is accepted can be written, read again as the same, and shown.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/text.h"
#include "mail/address.h"
#include "mail/header.h"

namespace {

using namespace postrider;

void require(bool holds) {
  if (!holds) {
    std::abort();
  }
}

template <class T>
bool gives(const Result<T>& result, const T& wanted) {
  return result && *result == wanted;
}

void check(const Result<mail::Address>& address) {
  if (!address) {
    require(is_printable(address.error().text()));
    return;
  }
  const std::string text = mail::to_string(*address);
  require(is_printable(text));
  require(text.size() <= 254 && address->local.size() <= 64);
  if (!address->domain.empty()) {
    require(gives(mail::parse_mailbox(text, true), *address));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string_view rest;
  check(mail::parse_path(text, {.null_allowed = true, .utf8_allowed = true}, &rest));
  check(mail::parse_path(text, {}));
  check(mail::parse_mailbox(text, true));
  if (const auto domain = mail::parse_domain(text)) {
    require(gives(mail::parse_domain(*domain), *domain));
  }
  if (const auto list = mail::parse_address_list(text)) {
    for (const mail::Address& address : *list) {
      check(address);
    }
  }
  if (const auto decoded = mail::decode_xtext(text)) {
    require(gives(mail::decode_xtext(mail::encode_xtext(*decoded)), *decoded));
  }
  return 0;
}
