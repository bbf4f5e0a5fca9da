// The commands of SMTP as text: verbs, and the arguments of MAIL, RCPT and BDAT with their ESMTP
// parameters. Says what is wrong as the reply that the client gets.
//
// RFC 5321, 4.1; 1870 SIZE, 3030 BDAT, 3461 RET ENVID NOTIFY ORCPT, 4954 AUTH=, 6152 BODY, 6531
// SMTPUTF8, 6533 ORCPT of type utf-8. Lenient in one point: spaces behind "FROM:" and "TO:", which
// many clients send. Pure; any thread.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <string_view>

#include "smtp/reply.h"
#include "smtp/transaction.h"

namespace postrider::smtp {

enum class Verb : std::uint8_t {
  mail,
  rcpt,
  data,
  bdat,
  rset,
  noop,
  quit,
  ehlo,
  helo,
  auth,
  starttls,
  vrfy,
  expn,
  help,
  xclient,
  http,  ///< of another protocol: a browser was made to talk to us, or an unknown proxy
  unknown,
};

struct Command {
  Verb verb = Verb::unknown;
  std::string_view argument;  ///< without spaces at both ends; a view into the line
};

/// `line` without its CRLF.
Command parse_command(std::string_view line);

/// Which parameters there are: a parameter of an extension that was not offered is not known.
struct ParameterRules {
  bool esmtp = true;  ///< after HELO there are none
  bool eight_bit_mime = true;
  bool smtputf8 = true;
  bool dsn = true;
  bool auth = true;
  std::uint64_t message_bytes_max = 0;  ///< SIZE above it: 552 5.3.4
};

template <class T>
using Parsed = std::expected<T, Reply>;

/// What follows MAIL: "FROM:<ann@example.org> SIZE=1000".
Parsed<Envelope> parse_mail(std::string_view argument, const ParameterRules& rules);

/// What follows RCPT; `smtputf8`: MAIL said so.
Parsed<Recipient> parse_rcpt(std::string_view argument, const ParameterRules& rules, bool smtputf8);

struct Chunk {
  std::uint64_t bytes = 0;
  bool last = false;
};

/// What follows BDAT; nothing if malformed: the octets that follow can then not be told from
/// commands.
std::optional<Chunk> parse_bdat(std::string_view argument);

/// The next word of `text`, which it is taken from; spaces in front are skipped.
std::string_view take_word(std::string_view& text);

}  // namespace postrider::smtp
