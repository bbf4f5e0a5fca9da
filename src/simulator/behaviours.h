// What the simulator's mailboxes do, as a table: one row for each name, and the search by local
// part.
//
// A mailbox behaves by the longest name that its local part is, or begins with before '+', '-' or
// '.': "greylisted", "greylisted+order-17" and "greylisted-2" are three mailboxes that greylist.
// Case does not matter. The replies are in the words of large providers, so that whoever reads,
// classifies or displays them meets here what it meets outside.
//
// Values; pure; any thread.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace postrider::simulator {

/// When a mailbox shows what it is.
enum class Step : std::uint8_t { rcpt, dot };

/// When its reply is given; otherwise the mailbox takes the mail.
enum class Effect : std::uint8_t {
  take,       ///< never: the reply is what it says to mail that it takes
  always,     ///< each time
  twice,      ///< the first two times for each address
  over_rate,  ///< above kRateLimit messages in kRateWindow for each address
  with_tls,
  without_tls,
  late,       ///< takes the mail, with each reply held back
  hang_up,    ///< closes the connection instead
  malformed,  ///< says what is no SMTP reply
  endless,    ///< says a reply of thousands of lines
};

/// What a mailbox sends back once it has taken a mail.
enum class Sequel : std::uint8_t { none, bounce, complaint, vacation };

/// Who reads the mail once it is there (simulator/reading.h).
enum class Reader : std::uint8_t { nobody, opens, clicks, scanner };

struct Behaviour {
  std::string_view name;
  std::string_view what;  ///< one sentence, for --list and the documents
  Step step;
  Effect effect;
  int code;                   ///< 0 where nothing is said
  std::string_view enhanced;  ///< "5.1.1"
  std::string_view text;  ///< with {recipient}, {sender}, {domain} (of the sender), {client}, {id}
  bool close = false;     ///< ends the session after the reply
  Sequel sequel = Sequel::none;
  Reader reader = Reader::nobody;
};

/// All of them, in the order in which they are documented. Names are unique.
std::span<const Behaviour> behaviours();

/// The mailbox with this local part; null if there is none. "postmaster" takes mail (RFC
/// 5321, 4.5.1).
const Behaviour* find_behaviour(std::string_view local_part);

/// "550 5.1.1 The email account ..." on one line with its placeholders, or what it does instead.
std::string reply_of(const Behaviour& behaviour);

}  // namespace postrider::simulator
