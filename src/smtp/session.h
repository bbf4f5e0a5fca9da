// One session of the SMTP server while it runs: what it knows, and a function for each command.
// Inner part of smtp: users see server_session.h. Its parts lie in session.cc (the loop, lines,
// what is said), session_start.cc (PROXY, TLS, greeting, EHLO, STARTTLS, XCLIENT), session_auth.cc,
// session_envelope.cc (MAIL, RCPT, RSET) and session_content.cc (DATA, BDAT).
//
// Once end() has been called, every function returns as soon as it can: is_over() tells.
// Thread: the stream's. Coroutines here are awaited in place by run() and use `this`.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include <boost/asio/awaitable.hpp>

#include "net/deadline.h"
#include "net/stream.h"
#include "smtp/content_scanner.h"
#include "smtp/grammar.h"
#include "smtp/server_session.h"

namespace postrider::smtp {

/// How a cancellation reaches a session. The first request interrupts a wait for the client's bytes
/// and nothing else, so that no reply that is due gets lost; the second one every wait for the
/// client. Shared with the coroutine's cancellation filter.
struct StopSignal {
  static constexpr unsigned kNever = 1000;

  unsigned requests = 0;
  unsigned interrupts_from = kNever;  ///< the request that interrupts the wait at hand
  bool is_requested() const { return requests > 0; }
  bool is_urgent() const { return requests > 1; }
};

/// A message that comes by BDAT.
struct ChunkedContent {
  std::string content;
  bool failed = false;  ///< a chunk was refused: what follows is read and discarded

  void fail() {
    failed = true;
    std::string().swap(content);
  }
};

class Session {
 public:
  /// `handler`, `stop` and `idle` must outlive it.
  Session(net::Stream stream, std::shared_ptr<const ServerOptions> options, SessionHandler& handler,
          StopSignal& stop, std::string id, IdleSessions* idle);

  /// From the first byte to the last.
  boost::asio::awaitable<void> run();

  const SessionInfo& info() const { return info_; }
  const std::string& why_over() const { return why_; }

 private:
  template <class T = void>
  using awaitable = boost::asio::awaitable<T>;

  enum class Leave : std::uint8_t { at_once, gently };  // gently: the client may still be sending
  enum class Line : std::uint8_t { taken, incomplete, refused };
  enum class During : std::uint8_t { commands, content };

  // session.cc: the end of a session
  bool is_over() const { return over_; }
  void end(std::string why, Leave leave);
  void give_up(int code, std::string_view enhanced, std::string_view text, std::string why);
  void lose(const Error& error, const char* where);
  awaitable<> leave();

  // session.cc: what is said
  void say(int code, std::string_view enhanced, std::string_view text);
  void refuse(int code, std::string_view enhanced,
              std::string_view text);  // an error of the client
  void refuse(const Reply& reply) { refuse(reply.code, reply.enhanced, reply.text); }
  bool spend_error();  // false: that was one too many, and the session is over
  void say_idly(int code, std::string_view enhanced,
                std::string_view text);  // to NOOP and its kind
  void answer(const Reply& reply);       // what the handler says
  awaitable<> flush();

  // session.cc: what is heard
  awaitable<> serve_commands();
  bool answer_at_once(const Command& command);
  awaitable<> perform(const Command& command);
  Line take_line(std::size_t longest);
  Line skip_line();
  awaitable<> await_line();
  awaitable<bool> next_auth_line();
  std::size_t longest_line() const;
  awaitable<Result<>> receive(net::Deadline deadline, During during);
  awaitable<Result<>> receive_or_leave(net::Deadline deadline);
  void refuse_bare_ending();

  // session_start.cc
  awaitable<> start();
  awaitable<> read_proxy_header(net::Deadline deadline);
  awaitable<> start_tls(std::shared_ptr<const net::TlsServer> context, net::Deadline deadline);
  void on_hello(const Command& command);
  std::string features() const;
  awaitable<> on_starttls(std::string_view argument);
  void on_xclient(std::string_view argument);

  // session_auth.cc
  bool offers_auth() const;
  bool may_authenticate();
  awaitable<> on_auth(std::string_view argument);
  awaitable<> auth_plain(std::optional<std::string> initial);
  awaitable<> auth_login(std::optional<std::string> initial);
  awaitable<std::optional<std::string>> ask(std::string_view prompt);
  std::optional<std::string> decode_response(std::string_view text);
  awaitable<> verify(std::string user, std::string password);

  // session_envelope.cc
  bool lacks_tls();
  bool is_admitted();
  ParameterRules parameter_rules() const;
  awaitable<> on_mail(std::string_view argument);
  awaitable<> on_rcpt(std::string_view argument);
  void reset_transaction();

  // session_content.cc
  awaitable<> on_data(std::string_view argument);
  awaitable<bool> begin_content();
  void begin_content_clock();
  awaitable<> read_content(ContentScanner& scanner);
  awaitable<> on_bdat(std::string_view argument);
  awaitable<bool> accepts_chunk(Chunk chunk);
  awaitable<> read_chunk(std::uint64_t bytes, std::string* content);
  awaitable<> finish_chunks();
  awaitable<> finish_message(std::string content);
  awaitable<> await_content(const char* where);
  void refuse_size();
  void refuse_for_memory();
  bool lacks_memory();
  std::uint64_t most_discarded() const;

  net::Stream stream_;
  std::shared_ptr<const ServerOptions> options_;
  SessionHandler& handler_;
  StopSignal& stop_;
  IdleSessions* idle_;
  SessionInfo info_;

  std::string out_;   // replies not written yet
  std::string line_;  // the command at hand, without CRLF
  std::optional<net::Deadline> line_due_;
  std::size_t skipped_ = 0;  // of a line that is too long
  bool skipping_ = false;
  bool skipping_auth_ = false;  // and it belongs to an AUTH exchange
  bool skipped_cr_ = false;     // the last byte skipped was a CR

  std::optional<Envelope> envelope_;       // a transaction is open
  std::optional<ChunkedContent> chunks_;   // and BDAT has begun
  net::Deadline content_due_{};            // while content is read
  net::Deadline content_rated_from_{};     // when the least rate begins to count
  std::uint64_t content_bytes_ = 0;        // that have come
  bool is_starved_ = false;                // there was no memory for it
  std::optional<net::Deadline> stop_due_;  // once we know that we are to stop
  std::uint32_t refused_recipients_ = 0;
  std::uint32_t transactions_ = 0;
  std::uint32_t errors_ = 0;
  std::uint32_t idle_commands_ = 0;  // since the last message: NOOP and its kind

  bool trusts_xclient_ = false;
  bool must_leave_ = false;  // others want in
  bool over_ = false;
  Leave leave_ = Leave::at_once;
  std::string why_;
};

}  // namespace postrider::smtp
