#include <algorithm>
#include <optional>

#include "base/text.h"
#include "mail/header.h"
#include "mail/quoted_string.h"

namespace postrider::mail {
namespace {

// Nobody nests comments; each level would cost the reader nothing, but a limit is easy to reason
// about.
constexpr std::size_t kDeepestComment = 32;
// RFC 2047 says 75; encoders exceed it. The bound keeps the search for an end linear.
constexpr std::size_t kLongestEncodedWord = 300;

bool is_white(char c) {
  return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

bool is_atom_char(char c) {
  constexpr std::string_view kSpecials = "()<>[]:;@\\,.\"";
  const auto byte = static_cast<unsigned char>(c);
  return byte > ' ' && byte != 0x7F && kSpecials.find(c) == std::string_view::npos;
}

/// Words as they stand in front of '@', '<' or ':', which decides what they are.
struct Phrase {
  std::string local;     ///< unquoted and joined: the local part, if it is one
  bool is_local = true;  ///< words and dots take turns, a word first and last
  bool ends_in_word = false;
  bool is_empty = true;

  void add_word(std::string_view word) {
    is_local = is_local && !ends_in_word;
    ends_in_word = true;
    is_empty = false;
    local += word;
  }
  void add_dot() {
    is_local = is_local && ends_in_word;
    ends_in_word = false;
    is_empty = false;
    local += '.';
  }
};

class ListReader {
 public:
  ListReader(std::string_view text, std::size_t most) : rest_(text), most_(most) {}

  Result<std::vector<Address>> read();

 private:
  bool skip(char c);
  Result<> skip_white();  ///< and comments
  Result<> skip_comment();
  Result<> read_entry();
  Result<Phrase> read_phrase();
  Result<std::string> read_quoted();
  std::string_view read_atom();
  std::size_t encoded_word_size() const;
  Result<> skip_route();
  Result<Address> read_bracketed();
  Result<Address> read_behind(const Phrase& local);
  Result<std::string> read_domain();
  std::unexpected<Error> complain(std::string_view why) const;

  std::string_view rest_;
  std::size_t most_;
  bool in_group_ = false;
  std::vector<Address> found_;
};

std::unexpected<Error> ListReader::complain(std::string_view why) const {
  const std::string where = rest_.empty() ? "at the end" : "at '" + printable(rest_, 40) + "'";
  return fail(Errc::invalid, where + ": " + std::string(why));
}

bool ListReader::skip(char c) {
  const bool found = rest_.starts_with(c);
  rest_.remove_prefix(found ? 1 : 0);
  return found;
}

Result<> ListReader::skip_white() {
  while (true) {
    while (!rest_.empty() && is_white(rest_.front())) {
      rest_.remove_prefix(1);
    }
    if (!rest_.starts_with('(')) {
      return {};
    }
    TRY_VOID(skip_comment());
  }
}

Result<> ListReader::skip_comment() {
  std::size_t depth = 0;
  for (std::size_t i = 0; i < rest_.size(); ++i) {
    if (rest_[i] == '\\') {
      ++i;
    } else if (rest_[i] == '(' && ++depth > kDeepestComment) {
      return complain("comments are nested too deep");
    } else if (rest_[i] == ')' && --depth == 0) {
      rest_.remove_prefix(i + 1);
      return {};
    }
  }
  return complain("a comment has no end");
}

Result<std::string> ListReader::read_quoted() {
  std::string_view behind = rest_.substr(1);
  if (std::optional<std::string> text = take_quoted(behind)) {
    rest_ = behind;
    return *std::move(text);
  }
  return complain("a quoted string has no end");
}

/// 0 if the text doesn't begin with one. Broken encoders leave commas and dots in it; an '@' is not
/// let through, because another reader might see an address there that this one doesn't.
std::size_t ListReader::encoded_word_size() const {
  if (!rest_.starts_with("=?")) {
    return 0;
  }
  const std::string_view near = rest_.substr(0, kLongestEncodedWord);
  std::size_t marks = 0;
  for (std::size_t i = 1; i < near.size(); ++i) {
    if (is_white(near[i]) || near[i] == '@' || near[i] == '<' || near[i] == '"') {
      return 0;
    }
    if (near[i] == '?') {
      ++marks;
      if (marks >= 4 && near.substr(i + 1, 1) == "=") {
        return i + 2;
      }
    }
  }
  return 0;
}

std::string_view ListReader::read_atom() {
  std::size_t size = encoded_word_size();
  while (size < rest_.size() && is_atom_char(rest_[size])) {
    ++size;
  }
  const std::string_view atom = rest_.substr(0, size);
  rest_.remove_prefix(size);
  return atom;
}

Result<Phrase> ListReader::read_phrase() {
  Phrase phrase;
  while (true) {
    TRY_VOID(skip_white());
    if (rest_.starts_with('"')) {
      TRY(const std::string word, read_quoted());
      phrase.add_word(word);
    } else if (skip('.')) {
      phrase.add_dot();
    } else if (const std::string_view atom = read_atom(); !atom.empty()) {
      phrase.add_word(atom);
    } else {
      return phrase;
    }
  }
}

Result<std::string> ListReader::read_domain() {
  TRY_VOID(skip_white());
  std::string domain;
  if (rest_.starts_with('[')) {
    const auto end = rest_.find(']');
    if (end == std::string_view::npos) {
      return complain("an address literal has no end");
    }
    domain = rest_.substr(0, end + 1);
    rest_.remove_prefix(end + 1);
    return domain;
  }
  while (true) {
    domain += read_atom();
    TRY_VOID(skip_white());
    if (!skip('.')) {
      return domain;
    }
    domain += '.';
    TRY_VOID(skip_white());
  }
}

Result<Address> ListReader::read_behind(const Phrase& local) {
  if (!local.is_local || !local.ends_in_word) {
    return complain("what stands before the @ is not a local part");
  }
  skip('@');
  TRY(const std::string domain, read_domain());
  TRY(Address address, make_address(local.local, domain));
  return address;
}

/// "@a,,@b:" in front of an address (obs-route), read and forgotten.
Result<> ListReader::skip_route() {
  if (!rest_.starts_with('@')) {
    return {};
  }
  do {
    TRY_VOID(skip_white());
    if (skip('@')) {
      TRY(const std::string domain, read_domain());
      TRY_VOID(make_address("x", domain), "reading the source route");
      TRY_VOID(skip_white());
    }
  } while (skip(','));
  return skip(':') ? Result<>() : complain("a source route ends with a colon");
}

Result<Address> ListReader::read_bracketed() {
  skip('<');
  TRY_VOID(skip_white());
  TRY_VOID(skip_route());
  TRY(const Phrase local, read_phrase());
  if (!rest_.starts_with('@')) {
    return complain("there is no address in the angle brackets");
  }
  TRY(Address address, read_behind(local));
  TRY_VOID(skip_white());
  if (!skip('>')) {
    return complain("the closing angle bracket is missing");
  }
  return address;
}

Result<> ListReader::read_entry() {
  TRY(const Phrase phrase, read_phrase());
  if (rest_.starts_with('<')) {
    TRY(Address address, read_bracketed());
    found_.push_back(std::move(address));
  } else if (rest_.starts_with('@')) {
    TRY(Address address, read_behind(phrase));
    TRY_VOID(skip_white());
    if (rest_.starts_with('<')) {
      // "ann@example.net <ann@example.net>" is common; two addresses that differ are a disguise.
      TRY(const Address inner, read_bracketed());
      if (to_string(inner) != to_string(address)) {
        return complain("an unquoted display name holds another address");
      }
    }
    found_.push_back(std::move(address));
  } else if (rest_.starts_with(':') && !in_group_ && !phrase.is_empty) {
    skip(':');
    in_group_ = true;
    return {};
  } else {
    return complain("this is not an address");
  }
  TRY_VOID(skip_white());
  const bool at_border =
      rest_.empty() || rest_.front() == ',' || (in_group_ && rest_.front() == ';');
  return at_border ? Result<>() : complain("an address must be followed by a comma or the end");
}

Result<std::vector<Address>> ListReader::read() {
  while (true) {
    TRY_VOID(skip_white());
    if (rest_.empty()) {
      break;
    }
    if (skip(',')) {
      continue;
    }
    if (in_group_ && skip(';')) {
      in_group_ = false;
      continue;
    }
    TRY_VOID(read_entry());
    if (found_.size() > most_) {
      return fail(Errc::invalid, "there are more than " + std::to_string(most_) + " addresses");
    }
  }
  if (in_group_) {
    return complain("a group has no end");
  }
  return std::move(found_);
}

}  // namespace

Result<std::vector<Address>> parse_address_list(std::string_view value, std::size_t most) {
  return ListReader(value, most).read();
}

}  // namespace postrider::mail
