#include "bounce/text_report.h"

#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <unordered_set>

#include "base/text.h"
#include "bounce/delivery_status.h"
#include "bounce/find_addresses.h"
#include "bounce/mime_reader.h"
#include "bounce/report_words.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kReasonMost = 2000;
constexpr std::size_t kAddressesInLine = 20;

enum class Firmness : std::uint8_t {
  none,
  mentioned,  // an address in a sentence
  led_to,     // words in front of it say that it is the recipient
  heads,      // it opens the line, and what follows is its reason or nothing
};

struct Line {
  std::string_view text;    // with its indentation
  std::string_view behind;  // the address that heads it
  std::vector<std::string_view> addresses;
  Firmness firmness = Firmness::none;
  bool is_blank = false;
};

bool begins_head(std::string_view line) {
  return starts_with_ignoring_case(line, "received: ") ||
         starts_with_ignoring_case(line, "return-path: ");
}

bool looks_like_field(std::string_view line) {
  const std::string_view name = line.substr(0, line.substr(0, 40).find(':'));
  return name.size() < std::min<std::size_t>(line.size(), 40) && !name.empty() &&
         std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
}

/// Whether a line with the words of one really announces what is quoted: "--- returned message ---"
/// does, "delete your own text from the attached returned message." does not.
bool announces_returned(std::string_view line, std::string_view rest) {
  const std::string_view content = trim(line);
  const auto is_ornament = [](char c) {
    return c == '-' || c == '=' || c == '*' || c == '|' || c == '#' || c == '+' || c == '_';
  };
  if (content.empty() || is_ornament(content.front()) || is_ornament(content.back()) ||
      content.ends_with(':') || content.ends_with("\uFF1A")) {
    return true;
  }
  std::string_view next;
  while (trim(next).empty() && !rest.empty()) {
    next = take_line(rest);
  }
  while (next.starts_with('>') || next.starts_with(' ') || next.starts_with('\t')) {
    next.remove_prefix(1);
  }
  return trim(next).empty() || looks_like_field(next);
}

/// The line of underscores that lists and gateways put above their footers, with nothing of a
/// report behind it.
bool begins_footer(std::string_view line, std::string_view rest) {
  constexpr std::size_t kFooterMost = 1500;
  if (line.size() < 40 || line.find_first_not_of('_') != std::string_view::npos ||
      rest.size() > kFooterMost || find_code(rest) != 0 || !find_enhanced(rest).empty()) {
    return false;
  }
  return rest.find('@') == std::string_view::npos ||
         lower(take_line(rest)).contains("mailing list");
}

/// Bullets and quotation around an address at the start of a line.
std::string_view without_bullet(std::string_view text) {
  while (!text.empty() &&
         (std::string_view(" \t*-<>\"'([|").find(text.front()) != std::string_view::npos)) {
    text.remove_prefix(1);
  }
  return starts_with_ignoring_case(text, "rfc822;") ? trim(text.substr(7)) : text;
}

bool is_reason(std::string_view behind) {
  const std::string said = lower(behind);
  return find_code(said) != 0 || !find_enhanced(said).empty() || says_failure(said);
}

/// Whether what follows an address at the start of its line leaves the line to the address.
bool leaves_line(std::string_view behind) {
  behind = trim(behind);
  while (!behind.empty() &&
         (std::string_view(">\"')]").find(behind.front()) != std::string_view::npos)) {
    behind.remove_prefix(1);
  }
  const std::string_view content = trim(behind);
  return content.empty() || content.starts_with(':') || content.starts_with("...") ||
         content.starts_with('(') || content.starts_with('[') || content.starts_with('<') ||
         content.starts_with(',') || content.starts_with(';') ||
         starts_with_ignoring_case(content, "on ") || content == "." || is_reason(content);
}

bool has_words(std::string_view text) {
  return std::ranges::count_if(text, [](char c) {
           return is_alpha(c) || static_cast<unsigned char>(c) >= 0x80;
         }) >= 4;
}

class Notice {
 public:
  explicit Notice(const TextQuestion& question) : question_(question) {
    for (const std::string& other : question.others) {
      others_.insert(lower(other));
    }
  }

  std::vector<TextRecipient> read(std::string_view text) {
    while (!text.empty()) {
      lines_.push_back(look_at(take_line(text)));
    }
    Firmness best = Firmness::none;
    for (const Line& line : lines_) {
      best = std::max(best, line.firmness);
    }
    if (best == Firmness::none) {
      take_bare_names();
      return std::move(found_);
    }
    for (std::size_t i = 0; i < lines_.size(); ++i) {
      if (lines_[i].firmness == best) {
        take(i, best);
      }
    }
    look_further_for_reasons(best);
    return std::move(found_);
  }

 private:
  bool is_other(std::string_view address) const { return others_.contains(lower(address)); }

  Line look_at(std::string_view text) const {
    Line line;
    line.text = text;
    line.is_blank = std::ranges::none_of(text, [](char c) {
      return is_alpha(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
    });
    const auto all = find_addresses(text, kAddressesInLine);
    for (std::size_t i = 0; i < all.size(); ++i) {
      const FoundAddress& found = all[i];
      const Firmness firmness = firmness_of(text, found);
      if (firmness == Firmness::none || firmness < line.firmness ||
          (firmness == Firmness::heads && is_display_name(text, all, i))) {
        continue;
      }
      if (firmness > line.firmness) {
        line.addresses.clear();
        line.firmness = firmness;
      }
      line.addresses.push_back(found.text);
      if (firmness == Firmness::heads && line.behind.empty()) {
        line.behind = text.substr(found.offset + found.text.size());
      }
    }
    return line;
  }

  /// The first in "ann@example.net <bob@example.net>: malformed address".
  static bool is_display_name(std::string_view text, const std::vector<FoundAddress>& all,
                              std::size_t at) {
    const std::size_t end = all[at].offset + all[at].text.size();
    return at + 1 < all.size() && trim(text.substr(end, all[at + 1].offset - end)) == "<";
  }

  Firmness firmness_of(std::string_view line, const FoundAddress& found) const {
    if (is_other(found.text) || is_list_service(lower(found.text))) {
      return Firmness::none;
    }
    const std::string_view before = line.substr(0, found.offset);
    const std::string_view behind = line.substr(found.offset + found.text.size());
    if (without_bullet(before).empty() && leaves_line(behind)) {
      return Firmness::heads;
    }
    if (is_system_name(lower(found.text))) {
      return Firmness::none;
    }
    const std::string led =
        lower(before.substr(before.size() - std::min<std::size_t>(before.size(), 200)));
    const std::string_view near =
        std::string_view(led).substr(led.size() - std::min<std::size_t>(led.size(), 26));
    if (leads_to_other(near) && !near.contains("expanded from:")) {
      return Firmness::none;
    }
    const bool in_reply = find_code(trim(before).substr(0, 4)) != 0;
    return in_reply || near.contains("expanded from:") || leads_to_recipient(led)
               ? Firmness::led_to
               : Firmness::mentioned;
  }

  void take(std::size_t at, Firmness firmness) {
    const Line& line = lines_[at];
    const std::string reason = firmness == Firmness::heads ? reason_below(at) : reason_around(at);
    for (const std::string_view address : line.addresses) {
      const auto [known, is_new] = index_.try_emplace(lower(address), found_.size());
      if (!is_new) {
        TextRecipient& first = found_[known->second];
        first.reason = first.reason.empty() ? reason : first.reason;
      } else if (found_.size() < question_.recipients_most) {
        found_.push_back({.address = std::string(address),
                          .reason = reason,
                          .is_firm = firmness == Firmness::heads});
      } else {
        return;
      }
    }
  }

  /// A list of addresses first, and behind it what became of each, in sentences that name it.
  void look_further_for_reasons(Firmness best) {
    for (const Line& line : lines_) {
      if (line.firmness == Firmness::none || line.firmness == best || !is_reason(line.text)) {
        continue;
      }
      for (const std::string_view address : line.addresses) {
        const auto known = index_.find(lower(address));
        if (known != index_.end() && !is_reason(found_[known->second].reason)) {
          found_[known->second].reason = trim(line.text).substr(0, kReasonMost);
        }
      }
    }
  }

  void append(std::string& reason, std::string_view text) const {
    const std::string_view content = trim(text);
    if (!content.empty() && reason.size() < kReasonMost) {
      reason.append(reason.empty() ? "" : " ").append(content.substr(0, kReasonMost));
    }
  }

  /// Behind the address and in the lines below it, as far as the next address.
  std::string reason_below(std::size_t at) const {
    std::string_view behind = trim(lines_[at].behind);
    while (!behind.empty() &&
           std::string_view(">\"'):").find(behind.front()) != std::string_view::npos) {
      behind.remove_prefix(1);
    }
    return paragraphs_from(behind, at);
  }

  /// The line of the address and those behind it.
  std::string reason_around(std::size_t at) const { return paragraphs_from(lines_[at].text, at); }

  /// The first paragraph that says something, or those up to the one that has a reply in it.
  std::string paragraphs_from(std::string_view first, std::size_t at) const {
    std::string whole;
    std::size_t first_end = 0;
    append(whole, first);
    const auto settle = [&] {
      const bool is_reply = find_code(whole) != 0 || !find_enhanced(whole).empty();
      const bool leads_on = whole.ends_with(':') || whole.ends_with("\uFF1A");  // "because:"
      first_end = first_end == 0 && has_words(whole) && !leads_on ? whole.size() : first_end;
      return is_reply;
    };
    for (std::size_t i = at + 1; i < lines_.size() && i < at + 40; ++i) {
      if (lines_[i].firmness == lines_[at].firmness && !repeats(i, at)) {
        break;
      }
      if (begins_other_reply(lines_[i].text, whole)) {
        break;
      }
      if (!lines_[i].is_blank) {
        append(whole, lines_[i].text);
      } else if (settle()) {
        return whole;
      }
    }
    if (!settle()) {
      whole.resize(first_end);
    }
    return whole;
  }

  /// In a transcript, each line is a reply: one with another code is another's.
  static bool begins_other_reply(std::string_view line, std::string_view whole) {
    const std::string_view front = trim(line).substr(0, 4);
    return code_offset(front) == 0 && find_code(whole.substr(0, 4)) != 0 &&
           find_code(front) != find_code(whole);
  }

  /// A line that names the same address again goes on about it.
  bool repeats(std::size_t one, std::size_t other) const {
    return std::ranges::all_of(lines_[one].addresses, [&](std::string_view address) {
      return std::ranges::any_of(lines_[other].addresses, [&](std::string_view known) {
        return equal_ignoring_case(known, address);
      });
    });
  }

  /// Local parts that stand alone below a line that ends in ":" or says that mail failed: systems
  /// that know only their own users report like this.
  void take_bare_names() {
    bool announced = false;
    for (std::size_t i = 0; i < lines_.size() && !question_.domain.empty(); ++i) {
      const std::string_view text = lines_[i].text;
      const std::string_view content = trim(text);
      if (content.empty()) {
        continue;
      }
      const std::string_view name = content.substr(0, content.find_first_of(" \t("));
      const std::string_view behind = trim(content.substr(name.size()));
      const bool is_indented = text.front() == ' ' || text.front() == '\t';
      const bool is_name =
          name.size() <= 64 && std::ranges::all_of(name, [](char c) {
            return is_alpha(c) || is_digit(c) || c == '.' || c == '_' || c == '-' || c == '+';
          });
      if (announced && is_indented && is_name && (behind.empty() || behind.starts_with('('))) {
        std::string address = std::string(name) + "@" + std::string(question_.domain);
        if (!is_other(address) && found_.size() < question_.recipients_most) {
          found_.push_back(
              {.address = std::move(address), .reason = std::string(behind), .is_firm = true});
        }
        continue;
      }
      announced = content.ends_with(':') || says_failure(lower(content));
    }
  }

  const TextQuestion& question_;
  std::unordered_set<std::string> others_;
  std::vector<Line> lines_;
  std::vector<TextRecipient> found_;
  std::unordered_map<std::string, std::size_t> index_;
};

}  // namespace

SplitNotice split_notice(std::string_view text) {
  const std::string_view whole = text.substr(0, kNoticeMost);
  std::string_view rest = whole;
  // Before it has named anybody, a notice may say that it has a copy below.
  bool may_end = false;
  for (int lines = 1; !rest.empty(); ++lines) {
    const auto begin = static_cast<std::size_t>(rest.data() - whole.data());
    const std::string_view line = take_line(rest);
    const bool is_head = begins_head(line);
    if (may_end && begins_footer(line, rest)) {
      return {.notice = whole.substr(0, begin), .returned = {}};
    }
    if (may_end && (is_head || (begins_returned(lower(line)) && announces_returned(line, rest)))) {
      const auto end = static_cast<std::size_t>(rest.data() - whole.data());
      return {.notice = whole.substr(0, begin), .returned = text.substr(is_head ? begin : end)};
    }
    may_end = may_end || lines > 3 || line.find('@') != std::string_view::npos;
  }
  return {.notice = whole, .returned = {}};
}

std::vector<TextRecipient> find_recipients(std::string_view notice, const TextQuestion& question) {
  return Notice(question).read(notice.substr(0, kNoticeMost));
}

}  // namespace postrider::bounce
