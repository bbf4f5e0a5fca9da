// The client's side of an SMTP connection: greeting, EHLO, STARTTLS, AUTH, and transactions one
// after another. Turns transactions into replies; has heard of no queue and no retry.
//
// RFC 5321 (4.5.3.2: the least time to wait for each reply), 2920 PIPELINING (the envelope of the
// next transaction goes out behind the final dot of this one, section 3.1), 1870 SIZE, 3030
// CHUNKING, 3207 STARTTLS, 3461 DSN, 4954 AUTH, 6152 8BITMIME, 6531 SMTPUTF8, 9422 LIMITS.
//
// The content goes by DATA. BDAT (CHUNKING) is used where it helps, for content with lines of more
// than 998 octets, which DATA may not carry (RFC 5321, 4.5.3.1.6): it counts octets and knows no
// lines. It is not used otherwise, although it would save the 354: BDAT sends the content before
// the peer has spoken about the recipients, and fewer servers have it right.
//
// Whatever the peer says without being asked ends the connection (a reply too many would be taken
// for the answer to the next message), unless it is a 421, which answers everything that is open.
//
// Errors are those of net::Stream, plus invalid for a peer that doesn't speak SMTP (endless,
// malformed or mismatched replies). After an error the connection is of no further use.
// Thread: the stream's. One call at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include <boost/asio/awaitable.hpp>

#include "net/stream.h"
#include "smtp/reply.h"
#include "smtp/transaction.h"

namespace postrider::smtp {

struct Conversation;

/// What the peer offered in its last EHLO.
struct PeerFeatures {
  bool esmtp = false;  ///< false: it only knew HELO
  bool pipelining = false;
  bool eight_bit_mime = false;
  bool smtputf8 = false;
  bool chunking = false;
  bool dsn = false;
  bool starttls = false;
  bool enhanced_status_codes = false;
  bool size = false;
  std::uint64_t size_max = 0;          ///< 0: no limit declared
  std::uint32_t recipients_max = 0;    ///< LIMITS RCPTMAX; 0: none declared
  std::uint32_t transactions_max = 0;  ///< LIMITS MAILMAX; 0: none declared
  std::vector<std::string> auth;       ///< mechanisms, upper case
};

struct ClientTimeouts {  // RFC 5321, 4.5.3.2
  std::chrono::milliseconds greeting{std::chrono::minutes(5)};
  std::chrono::milliseconds hello{std::chrono::minutes(5)};
  std::chrono::milliseconds tls{std::chrono::minutes(1)};
  std::chrono::milliseconds mail{std::chrono::minutes(5)};
  std::chrono::milliseconds recipient{std::chrono::minutes(5)};
  std::chrono::milliseconds data{std::chrono::minutes(2)};
  std::chrono::milliseconds block{std::chrono::minutes(3)};  ///< each write of content
  std::chrono::milliseconds dot{std::chrono::minutes(10)};   ///< the reply after the final dot
  std::chrono::milliseconds quit{std::chrono::seconds(5)};
};

/// What is to be sent. What it points to lives until the transaction's replies are there.
struct Outgoing {
  const Envelope* envelope = nullptr;
  std::span<const std::string_view> content;  ///< pieces of the message, CRLF lines, not stuffed
  std::uint64_t content_bytes = 0;            ///< of all pieces; known before the pieces are
  bool has_dot_lines = true;                  ///< false: no line begins with a dot, skip the search
  /// A line is longer than 998 octets: by BDAT if the peer has it. By DATA all the same if the
  /// envelope was sent ahead, so don't send such a message's envelope ahead.
  bool has_long_lines = false;
};

/// How far a transaction came before its connection broke.
enum class Progress : std::uint8_t {
  nothing,   ///< the peer gave no reply to MAIL, or a 421: it had done with the connection before
  envelope,  ///< it answered part of the envelope; it can't have taken the message
  content,   ///< the final dot has not been sent whole; it can't have taken the message
  unconfirmed,  ///< the final dot was sent, no reply came: it may have taken the message
  complete,     ///< every recipient has its reply
};

struct TransactionResult {
  /// The reply that settles each recipient: to MAIL if that was refused, to its RCPT, to DATA, to
  /// the final dot, or a 421 at any point. code 0: the connection broke first.
  std::vector<Reply> recipients;
  Progress progress = Progress::nothing;
  /// Why the connection is of no further use; may be set although the transaction is complete.
  std::optional<Error> broken;
  bool closing = false;  ///< the peer said 421: no further use either
  /// From the first write of this transaction's content to the last reply.
  std::chrono::microseconds took{0};
};

class Client {
 public:
  Client(net::Stream stream, ClientTimeouts timeouts);

  /// Reads the greeting. A reply other than 220 is returned as it is (for example 421 or 554).
  boost::asio::awaitable<Result<Reply>> greeting();

  /// EHLO, and HELO if the peer answers 500, 502 or 504 (not if it answers 4xx). The reply that
  /// settled it.
  boost::asio::awaitable<Result<Reply>> hello(std::string name);
  const PeerFeatures& features() const;
  /// One command at a time until the next hello(), though the peer offered PIPELINING.
  void forgo_pipelining();

  /// STARTTLS and the handshake. A reply other than 220: TLS was refused, the connection goes on in
  /// the clear. After 220, call hello() again.
  boost::asio::awaitable<Result<Reply>> start_tls(std::shared_ptr<const net::TlsClient> tls,
                                                  std::string host);
  /// The handshake alone, before the greeting (port 465).
  boost::asio::awaitable<Result<>> implicit_tls(std::shared_ptr<const net::TlsClient> tls,
                                                std::string host);

  /// AUTH PLAIN, else LOGIN. Errc::not_found if the peer offers neither.
  boost::asio::awaitable<Result<Reply>> authenticate(std::string user, std::string password);

  /// Sends one message. If the peer has PIPELINING and `next` is given, the commands of `next` go
  /// out right behind the final dot; the call after this one must then be transact() with that
  /// envelope, or quit(). Never fails as a call: what went wrong is in the result. A peer that left
  /// between two messages shows as Progress::nothing: no failure, the message is for another
  /// connection.
  boost::asio::awaitable<TransactionResult> transact(Outgoing message, const Envelope* next,
                                                     std::uint64_t next_content_bytes);

  /// Ends politely: QUIT, a short wait for 221, close. Where an envelope has been sent ahead it
  /// just closes: the peer waits for content, and the dot that ends it would deliver an empty
  /// message.
  boost::asio::awaitable<void> quit();

  net::Stream& stream();

 private:
  std::shared_ptr<Conversation> conversation_;
};

/// Whether `peer` can be given this envelope's message at all; Errc::invalid says what it lacks
/// (SMTPUTF8 for a non-ASCII address or an envelope that asks for it, SIZE). 8BITMIME is the
/// caller's: it can convert.
Result<> check_peer(const PeerFeatures& peer, const Envelope& envelope,
                    std::uint64_t content_bytes);

}  // namespace postrider::smtp
