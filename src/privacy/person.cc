#include "privacy/person.h"

#include <algorithm>

#include "base/text.h"
#include "privacy/encoded_forms.h"

namespace postrider::privacy {
namespace {

/// What may stand in a local part or a name without being quoted: where it goes on, the address is
/// another one. (A point at the end of a sentence is none of these.)
bool goes_on(char c) {
  return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80 ||
         std::string_view("-_+'").contains(c);
}

bool begins_there(std::string_view text, std::size_t at, std::string_view spelt) {
  if (at == 0) {
    return true;
  }
  if (!spelt.contains('@') && std::string_view("-+=_").contains(text[at - 1])) {
    return true;  // "bounces+ann=example.net@..."
  }
  const char before = text[at - 1];
  return !goes_on(before) && (before != '.' || at < 2 || !goes_on(text[at - 2]));
}

bool ends_there(std::string_view text, std::size_t end) {
  if (end >= text.size()) {
    return true;
  }
  const bool has_point = text[end] == '.';
  return has_point ? end + 1 >= text.size() || !goes_on(text[end + 1]) : !goes_on(text[end]);
}

/// As printable() cuts texts.
std::string_view without_ellipsis(std::string_view text) {
  return text.ends_with("...") ? text.substr(0, text.size() - 3) : text;
}

/// How much of `wanted` stands at the end of the text, cut off behind the local part's "@"; 0: not.
std::size_t cut_off(std::string_view text, std::string_view wanted, std::size_t local_size) {
  for (std::size_t size = std::min(wanted.size() - 1, text.size()); size > local_size; --size) {
    if (text.ends_with(wanted.substr(0, size)) && begins_there(text, text.size() - size, wanted)) {
      return size;
    }
  }
  return 0;
}

}  // namespace

Person::Person(const mail::Address& address)
    : address_(address), wanted_(lower(mail::to_string(address))) {
  const std::string local = lower(address.local);
  for (const std::string& domain : spellings_of_domain(address.domain)) {
    for (const std::string_view at : {"@", "=", "%40", "=40", "+40", "%2540"}) {
      spelt_.push_back(local + std::string(at) + domain);
    }
  }
  if (const std::string encoded = percent_encoded(local); encoded != local) {
    spelt_.push_back(encoded + "%40" + address.domain);
  }
  if (!wanted_.starts_with(local)) {  // quoted
    spelt_.push_back(wanted_);
  }
}

bool Person::is(std::string_view address) const {
  return address.size() >= wanted_.size() && lower(address) == wanted_;
}

bool Person::is(const mail::Address& address) const {
  return address.domain == address_.domain && lower(address.local) == lower(address_.local);
}

std::vector<Person::Place> Person::places_in(std::string_view lower_text) const {
  std::vector<Place> places;
  for (const std::string& spelt : spelt_) {
    for (std::size_t at = lower_text.find(spelt); at != std::string_view::npos;
         at = lower_text.find(spelt, at + 1)) {
      if (begins_there(lower_text, at, spelt) && ends_there(lower_text, at + spelt.size())) {
        places.push_back({.begin = at, .size = spelt.size()});
      }
    }
    const std::string_view rest = without_ellipsis(lower_text);
    if (const std::size_t size = cut_off(rest, spelt, address_.local.size()); size > 0) {
      places.push_back({.begin = rest.size() - size, .size = size});
    }
  }
  std::ranges::sort(places, {}, &Place::begin);
  return places;
}

bool Person::is_encoded_in(std::string_view text) const {
  return std::ranges::any_of(decodings_of(text), [&](const std::string& decoded) {
    return !places_in(lower(decoded)).empty();
  });
}

bool Person::is_named_in(std::string_view text) const {
  return !places_in(lower(text)).empty() || is_encoded_in(text);
}

bool Person::take_out_of(std::string& text) const {
  const std::vector<Place> places = places_in(lower(text));
  std::string rest;
  std::size_t done = 0;
  for (const Place& place : places) {
    if (place.begin < done) {
      continue;  // the same in another spelling
    }
    rest.append(text, done, place.begin - done).append(kErased);
    done = place.begin + place.size;
  }
  rest.append(text, done);
  if (is_encoded_in(rest)) {
    rest = kErased;
  }
  if (rest == text) {
    return false;
  }
  text = std::move(rest);
  return true;
}

}  // namespace postrider::privacy
