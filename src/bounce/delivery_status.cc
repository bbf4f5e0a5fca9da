#include "bounce/delivery_status.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "base/text.h"
#include "bounce/mime_reader.h"

namespace postrider::bounce {
namespace {

constexpr std::size_t kLongestValue = 4000;

enum class Slot : std::uint8_t {
  final_recipient,
  original_recipient,
  action,
  status,
  diagnostic,
  remote_mta,
  reporting_mta,
  other,  // a field of the form that we don't need, but which may be continued
};

std::optional<Slot> slot_of(std::string_view name) {
  struct Named {
    std::string_view name;
    Slot slot;
  };
  static constexpr auto kNamed = std::to_array<Named>({
      {"final-recipient", Slot::final_recipient},
      {"original-recipient", Slot::original_recipient},
      {"action", Slot::action},
      {"status", Slot::status},
      {"diagnostic-code", Slot::diagnostic},
      {"remote-mta", Slot::remote_mta},
      {"reporting-mta", Slot::reporting_mta},
      {"x-actual-recipient", Slot::other},
      {"received-from-mta", Slot::other},
      {"arrival-date", Slot::other},
      {"last-attempt-date", Slot::other},
      {"will-retry-until", Slot::other},
      {"final-log-id", Slot::other},
  });
  const auto found = std::ranges::find_if(
      kNamed, [&](const Named& named) { return equal_ignoring_case(named.name, name); });
  return found == kNamed.end() ? std::nullopt : std::optional(found->slot);
}

bool is_type_char(char c) {
  return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_';
}

struct Typed {
  std::string_view type;
  std::string_view content;
};
/// "rfc822; ann@example.net" in its two halves.
Typed split_type(std::string_view value) {
  const auto semicolon = value.find(';');
  const std::string_view type = trim(value.substr(0, semicolon));
  if (semicolon == std::string_view::npos || !std::ranges::all_of(type, is_type_char)) {
    return {.type = {}, .content = trim(value)};
  }
  return {.type = type, .content = trim(value.substr(semicolon + 1))};
}

std::string read_address(std::string_view value) {
  std::string_view address = split_type(value).content;
  const auto open = address.find('<');
  const auto close = address.rfind('>');
  if (open != std::string_view::npos && close != std::string_view::npos && open < close) {
    address = address.substr(open + 1, close - open - 1);
  }
  address = trim(address);
  while (address.ends_with('>') || address.starts_with('<')) {  // one without the other
    address = address.ends_with('>') ? address.substr(0, address.size() - 1) : address.substr(1);
  }
  for (const char quote : {'"', '\''}) {
    if (address.size() > 2 && address.front() == quote && address.back() == quote) {
      address = address.substr(1, address.size() - 2);
    }
  }
  const auto white = address.starts_with('"') ? std::string_view::npos : address.find(' ');
  return std::string(address.substr(0, white));
}

std::string_view comment_of(std::string_view value) {
  const auto open = value.find('(');
  const auto close = value.rfind(')');
  return open == std::string_view::npos || close == std::string_view::npos || close < open
             ? std::string_view()
             : value.substr(open + 1, close - open - 1);
}

std::optional<mail::DsnAction> read_action(std::string_view value) {
  using enum mail::DsnAction;
  struct Named {
    std::string_view name;
    mail::DsnAction action;
  };
  static constexpr auto kNamed = std::to_array<Named>({{"fail", failed},
                                                       {"delay", delayed},
                                                       {"deliver", delivered},
                                                       {"relay", relayed},
                                                       {"expand", expanded}});
  const auto found = std::ranges::find_if(
      kNamed, [&](const Named& named) { return starts_with_ignoring_case(value, named.name); });
  return found == kNamed.end() ? std::nullopt : std::optional(found->action);
}

class StatusReader {
 public:
  explicit StatusReader(std::size_t recipients_most) : most_(recipients_most) {}

  void read(std::string_view text) {
    while (!text.empty() && !result_.is_cut) {
      read_line(take_line(text));
    }
    settle_field();
    settle_recipient();
  }
  DeliveryStatus take() { return std::move(result_); }

 private:
  void read_line(std::string_view line) {
    const std::string_view content = trim(line);
    if (content.empty()) {
      settle_field();
      after_gap_ = true;
      return;
    }
    const auto colon = content.substr(0, 40).find(':');
    const auto slot =
        colon == std::string_view::npos ? std::nullopt : slot_of(trim(content.substr(0, colon)));
    if (slot) {
      settle_field();
      slot_ = slot;
      value_ = std::string(trim(content.substr(colon + 1)).substr(0, kLongestValue));
    } else if (slot_ && content.size() < line.size() && (line[0] == ' ' || line[0] == '\t')) {
      if (value_.size() < kLongestValue) {
        value_.append(value_.empty() ? "" : " ").append(content.substr(0, kLongestValue));
      }
    } else {
      settle_field();
    }
  }

  void settle_field() {
    if (slot_) {
      put(*std::exchange(slot_, std::nullopt), value_);
    }
  }

  void put(Slot slot, std::string_view value) {
    if (slot == Slot::other) {
      return;
    }
    if (slot == Slot::reporting_mta) {
      if (result_.reporting_mta.empty()) {
        result_.reporting_mta = split_type(value).content;
      }
      return;
    }
    if (value.empty()) {
      return;
    }
    const bool named = !now_.final_recipient.empty() || !now_.original_recipient.empty();
    if (is_set(slot) || (after_gap_ && named)) {
      settle_recipient();
    }
    after_gap_ = false;
    set(slot, value);
  }

  bool is_set(Slot slot) const {
    switch (slot) {
      case Slot::final_recipient:
        return !now_.final_recipient.empty();
      case Slot::original_recipient:
        return !now_.original_recipient.empty();
      case Slot::action:
        return now_.action.has_value();
      case Slot::status:
        return !now_.status.empty();
      default:
        return false;
    }
  }

  void set(Slot slot, std::string_view value) {
    switch (slot) {
      case Slot::final_recipient:
        now_.final_recipient = read_address(value);
        break;
      case Slot::original_recipient:
        now_.original_recipient = read_address(value);
        break;
      case Slot::action:
        now_.action = read_action(value);
        break;
      case Slot::status:
        now_.status = find_enhanced(value);
        now_.status_comment = comment_of(value);
        break;
      case Slot::diagnostic: {
        const Typed typed = split_type(value);
        if (now_.diagnostic.empty()) {
          now_.diagnostic = typed.content;
          now_.diagnostic_type = lower(typed.type);
        }
        break;
      }
      case Slot::remote_mta: {
        const std::string_view host = split_type(value).content;
        now_.remote_mta = host.substr(0, host.find_first_of(" ("));
        break;
      }
      default:
        break;
    }
  }

  void settle_recipient() {
    const StatusRecipient done = std::exchange(now_, {});
    if (done.final_recipient.empty() && done.original_recipient.empty() && !done.action &&
        done.diagnostic.empty()) {
      return;
    }
    if (result_.recipients.size() >= most_) {
      result_.is_cut = true;
      return;
    }
    result_.recipients.push_back(done);
  }

  std::size_t most_;
  DeliveryStatus result_;
  StatusRecipient now_;
  std::optional<Slot> slot_;
  std::string value_;
  bool after_gap_ = false;
};

}  // namespace

DeliveryStatus read_delivery_status(std::string_view text, std::size_t recipients_most) {
  StatusReader reader(recipients_most);
  reader.read(text);
  DeliveryStatus status = reader.take();
  // Where some block names a recipient, one that doesn't belongs to the message as a whole.
  const auto is_nameless = [](const StatusRecipient& one) {
    return one.final_recipient.empty() && one.original_recipient.empty();
  };
  if (!std::ranges::all_of(status.recipients, is_nameless)) {
    std::erase_if(status.recipients, is_nameless);
  }
  return status;
}

std::string_view find_enhanced(std::string_view text) {
  const auto digits_at = [&](std::size_t at) {
    std::size_t count = 0;
    while (count < 4 && at + count < text.size() && is_digit(text[at + count])) {
      ++count;
    }
    return count;
  };
  for (std::size_t dot = text.find('.'); dot != std::string_view::npos;
       dot = text.find('.', dot + 1)) {
    if (dot == 0 || std::string_view("245").find(text[dot - 1]) == std::string_view::npos ||
        (dot >= 2 && (is_digit(text[dot - 2]) || text[dot - 2] == '.'))) {
      continue;
    }
    const std::size_t subject = digits_at(dot + 1);
    const std::size_t second = dot + 1 + subject;
    if (subject == 0 || subject > 3 || second >= text.size() || text[second] != '.') {
      continue;
    }
    const std::size_t detail = digits_at(second + 1);
    const std::size_t end = second + 1 + detail;
    const bool goes_on = end + 1 < text.size() && text[end] == '.' && is_digit(text[end + 1]);
    if (detail > 0 && detail <= 3 && !goes_on) {
      return text.substr(dot - 1, end - dot + 1);
    }
  }
  return {};
}

std::size_t code_offset(std::string_view text) {
  constexpr std::string_view kBehind = " -:,;_\t\r\n)>'\"";
  const auto is_word = [](char c) { return is_digit(c) || is_alpha(c) || c == '.' || c == '-'; };
  for (std::size_t at = 0; at + 3 <= text.size(); ++at) {
    const bool is_code = (text[at] == '4' || text[at] == '5') && is_digit(text[at + 1]) &&
                         text[at + 1] <= '5' && is_digit(text[at + 2]);
    const bool begins = at == 0 || !is_word(text[at - 1]);
    const bool ends = at + 3 == text.size() || kBehind.find(text[at + 3]) != std::string_view::npos;
    if (is_code && begins && ends) {
      return at;
    }
  }
  return text.size();
}

int find_code(std::string_view text) {
  const std::size_t at = code_offset(text);
  int code = 0;
  std::from_chars(text.data() + at, text.data() + std::min(at + 3, text.size()), code);
  return code;
}

}  // namespace postrider::bounce
