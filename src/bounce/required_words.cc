#include "bounce/required_words.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/text.h"
#include "base/utf8.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kExactMost = 64;     // strings that are still listed one by one
constexpr std::size_t kBranchesMost = 96;  // beyond: what comes next is not looked at
constexpr std::size_t kClassMost = 4;      // characters of a class that are listed
constexpr std::size_t kWordMost = 24;      // bytes of a word that are looked for: more tell no more

/// What a part of an expression matches: exactly these strings, or something that has `ways`.
struct Part {
  bool is_exact = true;
  std::vector<std::string> strings{""};
  std::vector<Needs> ways;  ///< unless it is exact
};

Part anything() {
  return {.is_exact = false, .strings = {}, .ways = {Needs{}}};
}
Part exactly(std::vector<std::string> strings) {
  return {.is_exact = true, .strings = std::move(strings), .ways = {}};
}

void sort_unique(std::vector<std::string>& strings) {
  std::ranges::sort(strings);
  const auto rest = std::ranges::unique(strings);
  strings.erase(rest.begin(), rest.end());
}

/// Nothing if one of the strings is too short to be looked for.
Needs need_of(const std::vector<std::string>& strings) {
  std::vector<std::string> ends;  // "recipient address rejected: " is how many begin
  for (const std::string& one : strings) {
    if (one.size() < kShortestWord) {
      return {};
    }
    ends.push_back(one.substr(one.size() - std::min(one.size(), kWordMost)));
  }
  sort_unique(ends);
  Words words;
  std::ranges::copy_if(ends, std::back_inserter(words), [&](const std::string& one) {
    return std::ranges::none_of(ends, [&](const std::string& other) {
      return other.size() < one.size() && one.contains(other);
    });
  });
  return words.empty() ? Needs{} : Needs{std::move(words)};
}

std::vector<Needs> ways_of(Part part) {
  return part.is_exact ? std::vector<Needs>{need_of(part.strings)} : std::move(part.ways);
}

std::vector<Needs> both(const std::vector<Needs>& one, const std::vector<Needs>& other) {
  std::vector<Needs> all;
  for (const Needs& first : one) {
    for (const Needs& second : other) {
      Needs needs = first;
      std::ranges::copy(second, std::back_inserter(needs));
      all.push_back(std::move(needs));
    }
  }
  return all;
}

/// Parts that follow each other.
class Sequence {
 public:
  void add(Part part) {
    if (part.is_exact && part.strings.size() * strings_.size() <= kExactMost) {
      std::vector<std::string> longer;
      for (const std::string& front : strings_) {
        for (const std::string& back : part.strings) {
          longer.push_back(front + back);
        }
      }
      strings_ = std::move(longer);
      sort_unique(strings_);
      return;
    }
    settle();
    if (part.is_exact) {
      strings_ = std::move(part.strings);
    } else if (part.ways.size() * ways_.size() <= kBranchesMost) {
      ways_ = both(ways_, part.ways);
    }
  }

  Part take() {
    if (is_exact_) {
      return exactly(std::move(strings_));
    }
    settle();
    return {.is_exact = false, .strings = {}, .ways = std::move(ways_)};
  }

 private:
  void settle() {
    is_exact_ = false;
    ways_ = both(ways_, {need_of(strings_)});
    strings_ = {""};
  }

  bool is_exact_ = true;
  std::vector<std::string> strings_{""};
  std::vector<Needs> ways_{Needs{}};
};

class Parser {
 public:
  explicit Parser(std::string_view expression) : rest_(expression) {}

  Part read() {
    Part whole = alternatives();
    return rest_.empty() ? std::move(whole) : anything();  // a bracket too many: RE2 refuses it
  }

 private:
  Part alternatives() {
    std::vector<std::string> strings;
    std::vector<Needs> ways;
    for (;;) {
      Part part = sequence();
      if (part.is_exact && strings.size() + part.strings.size() <= kExactMost) {
        std::ranges::move(part.strings, std::back_inserter(strings));
      } else {
        std::ranges::move(ways_of(std::move(part)), std::back_inserter(ways));
      }
      if (!rest_.starts_with('|')) {
        break;
      }
      rest_.remove_prefix(1);
    }
    sort_unique(strings);
    if (ways.empty()) {
      return exactly(std::move(strings));
    }
    if (!strings.empty()) {
      ways.push_back(need_of(strings));
    }
    return {.is_exact = false, .strings = {}, .ways = std::move(ways)};
  }

  Part sequence() {
    Sequence sequence;
    while (!rest_.empty() && rest_.front() != '|' && rest_.front() != ')') {
      Part part = atom();
      sequence.add(repeated(std::move(part)));
    }
    return sequence.take();
  }

  Part repeated(Part part) {
    while (!rest_.empty()) {
      const char sign = rest_.front();
      if (sign == '?') {
        part = optional(std::move(part));
      } else if (sign == '*') {
        part = anything();
      } else if (sign == '+') {
        part = {.is_exact = false, .strings = {}, .ways = ways_of(std::move(part))};
      } else if (sign == '{' && counts()) {
        part = rest_.starts_with("{0") || rest_.starts_with("{,")
                   ? anything()
                   : Part{.is_exact = false, .strings = {}, .ways = ways_of(std::move(part))};
        rest_.remove_prefix(rest_.find('}'));
      } else {
        break;
      }
      rest_.remove_prefix(1);
      if (rest_.starts_with('?')) {  // as few as possible
        rest_.remove_prefix(1);
      }
    }
    return part;
  }

  static Part optional(Part part) {
    if (!part.is_exact) {
      return anything();
    }
    part.strings.emplace_back();
    sort_unique(part.strings);
    return part;
  }

  /// "{2,5}", and not a brace that stands for itself.
  bool counts() const {
    const auto end = rest_.find('}');
    return end != std::string_view::npos && end > 1 &&
           std::ranges::all_of(rest_.substr(1, end - 1),
                               [](char c) { return is_digit(c) || c == ','; });
  }

  Part atom() {
    const char c = rest_.front();
    switch (c) {
      case '(':
        return group();
      case '[':
        return character_class();
      case '\\':
        return escape();
      case '.':
        rest_.remove_prefix(1);
        return anything();
      case '^':
      case '$':
        rest_.remove_prefix(1);
        return {};
      default:
        break;
    }
    const std::size_t length = std::max<std::size_t>(utf8_length(rest_), 1);
    std::string letter(rest_.substr(0, length));
    rest_.remove_prefix(length);
    return exactly({std::move(letter)});
  }

  /// "(", "(?:", "(?flags:", "(?P<name>", "(?flags)": texts are in lower case, no flag matters.
  Part group() {
    rest_.remove_prefix(1);
    if (rest_.starts_with('?')) {
      const auto end = rest_.find_first_of(rest_.starts_with("?P") ? ">" : ":)");
      if (end == std::string_view::npos) {
        return unreadable();
      }
      const bool is_flag = rest_[end] == ')';
      rest_.remove_prefix(end + 1);
      if (is_flag) {
        return {};
      }
    }
    Part inside = alternatives();
    if (!rest_.starts_with(')')) {
      return unreadable();
    }
    rest_.remove_prefix(1);
    return inside;
  }

  Part unreadable() {
    rest_ = {};
    return anything();
  }

  Part character_class() {
    std::size_t at = 1;
    const bool is_negated = rest_.substr(at).starts_with('^');
    at += is_negated ? 1 : 0;
    const std::size_t first = at;
    bool is_plain = !is_negated;
    std::vector<std::string> letters;
    for (; at < rest_.size() && (rest_[at] != ']' || at == first); ++at) {
      const auto c = static_cast<unsigned char>(rest_[at]);
      const bool is_range = at > first && c == '-' && at + 1 < rest_.size() && rest_[at + 1] != ']';
      is_plain = is_plain && c < 0x80 && c != '\\' && c != '[' && !is_range;
      letters.emplace_back(1, rest_[at]);
      at += c == '\\' ? 1 : 0;
      if (c == '[' && rest_.substr(at).starts_with("[:")) {
        at = std::min(rest_.find(":]", at), rest_.size() - 1) + 1;
      }
    }
    rest_.remove_prefix(std::min(at + 1, rest_.size()));
    sort_unique(letters);
    return is_plain && letters.size() <= kClassMost ? exactly(std::move(letters)) : anything();
  }

  Part escape() {
    if (rest_.size() < 2) {
      return unreadable();
    }
    const char c = rest_[1];
    rest_.remove_prefix(2);
    if (std::string_view("bBAz").contains(c)) {
      return {};
    }
    if (c == 'Q') {
      return unreadable();
    }
    if (c == 'x' || c == 'p' || c == 'P') {
      if (rest_.empty()) {
        return anything();
      }
      const bool is_braced = rest_.starts_with('{');
      const std::size_t length = is_braced  ? rest_.find('}')
                                 : c == 'x' ? std::size_t{1}
                                            : std::size_t{0};
      rest_.remove_prefix(std::min(length, rest_.size() - 1) + 1);
      return anything();
    }
    if (is_alpha(c) || is_digit(c)) {
      return anything();
    }
    return exactly({std::string(1, c)});
  }

  std::string_view rest_;
};

/// Long words are rarer than short ones, and one of few than one of many.
bool tells_more(const Words& one, const Words& other) {
  static constexpr std::size_t kLongEnough = 6;
  const auto shortest = [](const Words& words) {
    return std::min(std::ranges::min(words, {}, &std::string::size).size(), kLongEnough);
  };
  const std::size_t first = shortest(one);
  const std::size_t second = shortest(other);
  if (first != second) {
    return first > second;
  }
  return one.size() != other.size() ? one.size() < other.size() : one < other;
}

}  // namespace

std::vector<Needs> required_words(std::string_view expression) {
  std::vector<Needs> ways = ways_of(Parser(expression).read());
  for (Needs& needs : ways) {
    std::ranges::sort(needs, tells_more);
    const auto repeated = std::ranges::unique(needs);
    needs.erase(repeated.begin(), repeated.end());
    needs.resize(std::min(needs.size(), kNeedsMost));
  }
  std::ranges::sort(ways);
  const auto repeated = std::ranges::unique(ways);
  ways.erase(repeated.begin(), repeated.end());
  return ways;
}

}  // namespace postrider::bounce
