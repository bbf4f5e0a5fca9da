#include "bounce/plain_words.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace postrider::bounce {
namespace {

struct Plainer {
  std::string_view word;
  std::string_view plain;
};

constexpr auto kWords = [] {
  auto words = std::to_array<Plainer>({
      {"addressee", "recipient"},
      {"addressees", "recipients"},
      {"customer", "recipient"},
      {"customers", "recipients"},
      {"subscriber", "recipient"},
      {"subscribers", "recipients"},
      {"person", "recipient"},
      {"persons", "recipients"},
      {"employee", "recipient"},
      {"employees", "recipients"},
      {"colleague", "recipient"},
      {"holder", "recipient"},
      {"postbox", "mailbox"},
      {"inbox", "mailbox"},
      {"in-box", "mailbox"},
      {"maildrop", "mailbox"},
      {"box", "mailbox"},
      {"letter", "message"},
      {"letters", "messages"},
      {"posting", "message"},
      {"postings", "messages"},
      {"mails", "messages"},
      {"deliveries", "messages"},
      {"allowance", "quota"},
      {"allotment", "quota"},
      {"contingent", "quota"},
      {"filled", "full"},
      {"brimming", "full"},
      {"overfull", "full"},
      {"crammed", "full"},
      {"consumed", "exceeded"},
      {"exhausted", "exceeded"},
      {"depleted", "exceeded"},
      {"overdrawn", "exceeded"},
      {"unwanted", "not accepted"},
      {"unwelcome", "not accepted"},
      {"undesired", "not accepted"},
      {"undesirable", "not accepted"},
      {"declined", "rejected"},
      {"barred", "rejected"},
      {"shunned", "rejected"},
      {"dropped", "rejected"},
      {"discarded", "rejected"},
      {"shut", "closed"},
      {"ended", "closed"},
      {"cancelled", "closed"},
      {"canceled", "closed"},
      {"erased", "deleted"},
      {"purged", "deleted"},
      {"wiped", "deleted"},
      {"advertisement", "spam"},
      {"advertisements", "spam"},
      {"advertising", "spam"},
      {"commercials", "spam"},
      {"provisioned", "registered"},
      {"enrolled", "registered"},
      {"misspelt", "invalid"},
      {"misspelled", "invalid"},
      {"mistyped", "invalid"},
      {"departed", "left"},
      {"carries", "contains"},
      {"carried", "contains"},
      {"machine", "server"},
      {"computer", "server"},
      {"can't", "cannot"},
      {"won't", "will not"},
      {"ain't", "is not"},
  });
  std::ranges::sort(words, {}, &Plainer::word);
  return words;
}();

constexpr std::string_view kNot = "n't";

bool is_of_word(char c) {
  return is_alpha(c) || c == '\'' || c == '-';
}

/// Appends the word in its plainer form; false if it has none.
bool append_plainer(std::string_view word, std::string& out) {
  const auto found = std::ranges::lower_bound(kWords, word, {}, &Plainer::word);
  if (found != kWords.end() && found->word == word) {
    out += found->plain;
    return true;
  }
  if (word.size() > kNot.size() && word.ends_with(kNot)) {
    out += word.substr(0, word.size() - kNot.size());
    out += " not";
    return true;
  }
  out += word;
  return false;
}

}  // namespace

bool plain_words(std::string_view normal, std::string& out) {
  out.clear();
  bool has_changed = false;
  while (!normal.empty()) {
    const auto begin = std::ranges::find_if(normal, is_of_word) - normal.begin();
    out += normal.substr(0, static_cast<std::size_t>(begin));
    normal.remove_prefix(static_cast<std::size_t>(begin));
    const auto end = std::ranges::find_if_not(normal, is_of_word) - normal.begin();
    has_changed |= append_plainer(normal.substr(0, static_cast<std::size_t>(end)), out);
    normal.remove_prefix(static_cast<std::size_t>(end));
  }
  return has_changed;
}

}  // namespace postrider::bounce
