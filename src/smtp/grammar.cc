#include "smtp/grammar.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <string>
#include <utility>

#include "base/text.h"
#include "mail/address.h"

namespace postrider::smtp {
namespace {

struct Name {
  std::string_view text;
  Verb verb;
};

constexpr std::array kVerbs{
    Name{"MAIL", Verb::mail},    Name{"RCPT", Verb::rcpt},         Name{"DATA", Verb::data},
    Name{"BDAT", Verb::bdat},    Name{"RSET", Verb::rset},         Name{"NOOP", Verb::noop},
    Name{"QUIT", Verb::quit},    Name{"EHLO", Verb::ehlo},         Name{"HELO", Verb::helo},
    Name{"AUTH", Verb::auth},    Name{"STARTTLS", Verb::starttls}, Name{"VRFY", Verb::vrfy},
    Name{"EXPN", Verb::expn},    Name{"HELP", Verb::help},         Name{"XCLIENT", Verb::xclient},
    Name{"GET", Verb::http},     Name{"POST", Verb::http},         Name{"PUT", Verb::http},
    Name{"CONNECT", Verb::http}, Name{"OPTIONS", Verb::http},      Name{"HOST:", Verb::http},
    Name{"PROXY", Verb::http},
};

constexpr std::size_t kLongestEnvid = 100;  // RFC 3461, 4.4, before decoding
constexpr std::size_t kLongestOrcpt = 500;  // RFC 3461, 4.2, before decoding

std::unexpected<Reply> refuse(int code, std::string enhanced, std::string text) {
  return std::unexpected(Reply{
      .code = code, .enhanced = std::move(enhanced), .text = std::move(text), .close = false});
}

std::unexpected<Reply> refuse_parameter(std::string_view name, std::string_view why) {
  return refuse(501, "5.5.4", std::string(name) + ": " + std::string(why));
}

std::unexpected<Reply> refuse_unknown(std::string_view name) {
  return refuse(555, "5.5.4", "parameter " + printable(name, 40) + " is not known here");
}

struct Parameter {
  std::string_view name;
  std::string_view value;
  bool has_value = false;
};

Parameter split_parameter(std::string_view word) {
  const auto equals = word.find('=');
  const bool has_value = equals != std::string_view::npos;
  return {.name = word.substr(0, equals),
          .value = has_value ? word.substr(equals + 1) : std::string_view(),
          .has_value = has_value};
}

/// Which parameters a command has had: each may come once.
class Once {
 public:
  /// False if `bit` was there before.
  bool first(unsigned bit) { return (std::exchange(seen_, seen_ | bit) & bit) == 0; }

 private:
  unsigned seen_ = 0;
};

/// The path of a command ("FROM:" or "TO:" is `keyword`), and what follows it.
Parsed<mail::Address> parse_path(std::string_view argument, std::string_view keyword,
                                 mail::PathRules rules, std::string_view* rest) {
  if (!starts_with_ignoring_case(argument, keyword)) {
    return refuse(501, "5.5.2", "say " + std::string(keyword) + "<address>");
  }
  argument.remove_prefix(keyword.size());
  argument.remove_prefix(std::min(argument.find_first_not_of(' '), argument.size()));
  auto address = mail::parse_path(argument, rules, rest);
  if (!address) {
    return refuse(501, keyword == "FROM:" ? "5.1.7" : "5.1.3", address.error().text());
  }
  if (!rest->empty() && rest->front() != ' ') {
    return refuse(501, "5.5.2", "a space must follow the address");
  }
  return std::move(*address);
}

/// xtext of which nothing but printable ASCII may come: it ends up in reports and logs.
std::optional<std::string> decode_clean(std::string_view xtext) {
  auto decoded = mail::decode_xtext(xtext);
  if (!decoded || !is_ascii(*decoded) || printable(*decoded, decoded->size()) != *decoded) {
    return std::nullopt;
  }
  return std::move(*decoded);
}

class MailParameters {
 public:
  MailParameters(const ParameterRules& rules, Envelope& envelope)
      : rules_(rules), envelope_(envelope) {}

  Parsed<void> take(const Parameter& p) {
    if (equal_ignoring_case(p.name, "SIZE")) {
      return once(1, p, &MailParameters::size);
    }
    if (rules_.eight_bit_mime && equal_ignoring_case(p.name, "BODY")) {
      return once(2, p, &MailParameters::body);
    }
    if (rules_.smtputf8 && equal_ignoring_case(p.name, "SMTPUTF8")) {
      return once(4, p, &MailParameters::smtputf8);
    }
    if (rules_.dsn && equal_ignoring_case(p.name, "RET")) {
      return once(8, p, &MailParameters::ret);
    }
    if (rules_.dsn && equal_ignoring_case(p.name, "ENVID")) {
      return once(16, p, &MailParameters::envid);
    }
    if (rules_.auth && equal_ignoring_case(p.name, "AUTH")) {
      return once(32, p, &MailParameters::auth);
    }
    return refuse_unknown(p.name);
  }

 private:
  using Taker = Parsed<void> (MailParameters::*)(const Parameter&);

  Parsed<void> once(unsigned bit, const Parameter& p, Taker taker) {
    if (!once_.first(bit)) {
      return refuse_parameter(p.name, "given twice");
    }
    return (this->*taker)(p);
  }

  Parsed<void> size(const Parameter& p) {
    const char* end = p.value.data() + p.value.size();
    const auto [stop, ec] = std::from_chars(p.value.data(), end, envelope_.declared_size);
    const bool too_large = ec == std::errc::result_out_of_range;
    if (p.value.empty() || stop != end || (ec != std::errc() && !too_large)) {
      return refuse_parameter(p.name, "a number of bytes is expected");
    }
    if (too_large || envelope_.declared_size > rules_.message_bytes_max) {
      return refuse(552, "5.3.4",
                    "the message may have " + std::to_string(rules_.message_bytes_max) + " bytes");
    }
    return {};
  }

  Parsed<void> body(const Parameter& p) {
    if (equal_ignoring_case(p.value, "8BITMIME")) {
      envelope_.body = Body::eight_bit_mime;
    } else if (!equal_ignoring_case(p.value, "7BIT")) {
      return refuse_parameter(p.name, "7BIT or 8BITMIME is expected");
    }
    return {};
  }

  Parsed<void> smtputf8(const Parameter& p) {
    if (p.has_value) {
      return refuse_parameter(p.name, "it has no value");
    }
    envelope_.smtputf8 = true;
    return {};
  }

  Parsed<void> ret(const Parameter& p) {
    if (equal_ignoring_case(p.value, "FULL")) {
      envelope_.ret = Ret::full;
    } else if (equal_ignoring_case(p.value, "HDRS")) {
      envelope_.ret = Ret::headers;
    } else {
      return refuse_parameter(p.name, "FULL or HDRS is expected");
    }
    return {};
  }

  Parsed<void> envid(const Parameter& p) {
    auto decoded = decode_clean(p.value);
    if (!decoded || p.value.empty() || p.value.size() > kLongestEnvid) {
      return refuse_parameter(p.name, "xtext of 1 to 100 characters is expected");
    }
    envelope_.envid = std::move(*decoded);
    return {};
  }

  /// RFC 4954, 5: who first submitted it, as the client believes. Checked, and not believed.
  Parsed<void> auth(const Parameter& p) {
    if (p.value.empty() || (p.value != "<>" && !mail::decode_xtext(p.value))) {
      return refuse_parameter(p.name, "an address as xtext, or <>, is expected");
    }
    return {};
  }

  const ParameterRules& rules_;
  Envelope& envelope_;
  Once once_;
};

std::optional<std::uint8_t> parse_notify(std::string_view value) {
  if (equal_ignoring_case(value, "NEVER")) {
    return kNotifyNever;
  }
  unsigned set = 0;
  for (const std::string_view word : split(value, ',')) {
    if (equal_ignoring_case(word, "SUCCESS")) {
      set |= kNotifySuccess;
    } else if (equal_ignoring_case(word, "FAILURE")) {
      set |= kNotifyFailure;
    } else if (equal_ignoring_case(word, "DELAY")) {
      set |= kNotifyDelay;
    } else {
      return std::nullopt;
    }
  }
  return static_cast<std::uint8_t>(set);
}

/// "rfc822;ann+2Bx@example.net" with its xtext decoded. An address of type utf-8 has an encoding of
/// its own (RFC 6533, 3) and is kept as it came.
std::optional<std::string> parse_orcpt(std::string_view value, bool smtputf8) {
  const auto semicolon = value.find(';');
  if (semicolon == std::string_view::npos || semicolon == 0 || value.size() > kLongestOrcpt ||
      semicolon + 1 == value.size()) {
    return std::nullopt;
  }
  const std::string_view type = value.substr(0, semicolon);
  const std::string_view text = value.substr(semicolon + 1);
  const bool is_atom =
      std::ranges::all_of(type, [](char c) { return is_alpha(c) || is_digit(c) || c == '-'; });
  if (!is_atom) {
    return std::nullopt;
  }
  if (equal_ignoring_case(type, "utf-8")) {
    const bool clean = printable(text, text.size()) == text && (smtputf8 || is_ascii(text));
    return clean ? std::optional(std::string(value)) : std::nullopt;
  }
  auto decoded = decode_clean(text);
  if (!decoded) {
    return std::nullopt;
  }
  return std::string(type) + ";" + *decoded;
}

}  // namespace

std::string_view take_word(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(' '), text.size()));
  const std::string_view word = text.substr(0, std::min(text.find(' '), text.size()));
  text.remove_prefix(word.size());
  return word;
}

Command parse_command(std::string_view line) {
  std::string_view rest = line.substr(0, line.find_last_not_of(" \t") + 1);
  const std::string_view word = rest.substr(0, std::min(rest.find(' '), rest.size()));
  rest.remove_prefix(word.size());
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  for (const Name& name : kVerbs) {
    if (name.text.size() == word.size() && equal_ignoring_case(name.text, word)) {
      return {.verb = name.verb, .argument = rest};
    }
  }
  return {.verb = Verb::unknown, .argument = rest};
}

Parsed<Envelope> parse_mail(std::string_view argument, const ParameterRules& rules) {
  std::string_view rest;
  auto path = parse_path(
      argument, "FROM:", {.null_allowed = true, .utf8_allowed = rules.esmtp && rules.smtputf8},
      &rest);
  if (!path) {
    return std::unexpected(std::move(path.error()));
  }
  if (path->domain.empty() && !path->is_null()) {
    return refuse(501, "5.1.7", "only RCPT knows a postmaster without a domain");
  }
  const std::string_view written = argument.substr(0, argument.size() - rest.size());
  Envelope envelope;
  envelope.reverse_path = std::move(*path);
  MailParameters parameters(rules, envelope);
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    const Parameter parameter = split_parameter(word);
    if (!rules.esmtp) {
      return refuse_unknown(parameter.name);
    }
    if (auto taken = parameters.take(parameter); !taken) {
      return std::unexpected(std::move(taken.error()));
    }
  }
  if (!envelope.smtputf8 && !is_ascii(written)) {
    return refuse(550, "5.6.7", "an address beyond ASCII needs SMTPUTF8");
  }
  return envelope;
}

Parsed<Recipient> parse_rcpt(std::string_view argument, const ParameterRules& rules,
                             bool smtputf8) {
  std::string_view rest;
  auto path = parse_path(argument, "TO:", {.null_allowed = false, .utf8_allowed = true}, &rest);
  if (!path) {
    return std::unexpected(std::move(path.error()));
  }
  if (!smtputf8 && !is_ascii(argument.substr(0, argument.size() - rest.size()))) {
    return refuse(553, "5.6.7", "an address beyond ASCII needs SMTPUTF8");
  }
  Recipient recipient;
  recipient.address = std::move(*path);
  Once once;
  for (std::string_view word = take_word(rest); !word.empty(); word = take_word(rest)) {
    const Parameter p = split_parameter(word);
    const bool notify = equal_ignoring_case(p.name, "NOTIFY");
    if (!rules.esmtp || !rules.dsn || (!notify && !equal_ignoring_case(p.name, "ORCPT"))) {
      return refuse_unknown(p.name);
    }
    if (!once.first(notify ? 1 : 2)) {
      return refuse_parameter(p.name, "given twice");
    }
    if (notify) {
      const auto set = parse_notify(p.value);
      if (!set) {
        return refuse_parameter(p.name, "NEVER, or some of SUCCESS,FAILURE,DELAY, is expected");
      }
      recipient.notify = *set;
    } else if (auto orcpt = parse_orcpt(p.value, smtputf8)) {
      recipient.orcpt = std::move(*orcpt);
    } else {
      return refuse_parameter(p.name, "a type, a semicolon and an address as xtext are expected");
    }
  }
  return recipient;
}

std::optional<Chunk> parse_bdat(std::string_view argument) {
  Chunk chunk;
  const std::string_view digits = take_word(argument);
  const std::string_view word = take_word(argument);
  const auto [end, ec] = std::from_chars(digits.data(), digits.data() + digits.size(), chunk.bytes);
  if (digits.empty() || ec != std::errc() || end != digits.data() + digits.size() ||
      (!word.empty() && !equal_ignoring_case(word, "LAST")) || !take_word(argument).empty()) {
    return std::nullopt;
  }
  chunk.last = !word.empty();
  return chunk;
}

}  // namespace postrider::smtp
