// A model of one session of the SMTP server, as its client sees it: is told what went over the wire
// in both directions, reads both slowly and plainly, and ends the process where a reply is not a
// legal answer to what was said.
//
// What it demands: each command has one reply, in order, of the legal shape; what the handler says
// is what the client hears, every word of it; nothing but the handler takes a sender, a recipient
// or a message; one end of content is one message, of exactly these bytes and recipients, unless
// the content must be refused; limits are enforced; nothing follows the last word; nothing said in
// the clear counts under TLS.
//
// What it doesn't judge: the grammar of addresses and parameters (address_fuzz, unit tests).
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "smtp/server_session.h"
#include "support/session_handler.h"

namespace postrider::fuzz {

/// A reply as it was heard.
struct Said {
  int code = 0;
  std::string enhanced;
  std::vector<std::string> lines;  ///< without codes
};

/// What BDAT says; nothing where it is malformed.
struct PlainChunk {
  std::uint64_t bytes = 0;
  bool is_last = false;
};
std::optional<PlainChunk> plain_chunk(std::string_view argument);

/// Takes the reply at the front of `heard`, if it is whole; ends the process if it is malformed.
std::optional<Said> take_reply(std::string& heard);

class SessionModel {
 public:
  /// Both must outlive it.
  SessionModel(const smtp::ServerOptions& options, const HandlerLog& log);

  void sent(std::string_view bytes);   ///< by the client, below TLS where that is on
  void heard(std::string_view bytes);  ///< likewise
  void paused(std::chrono::seconds time);
  void stop_requested() { is_stopping_ = true; }
  /// From here on words may be lost: the client does not listen, or has broken TLS.
  void may_lose_words() { is_lossy_ = true; }

  /// Whether it is the client's turn to shake hands.
  bool awaits_tls() const;
  void tls_started();

  /// The session has read and answered what it could, and has ended or waits.
  void settle(bool has_left);
  /// The session has ended: all that was whole has its answer.
  void finish();

 private:
  enum class At : std::uint8_t { proxy, tls, greeting, command, answer, content, auth_line, over };
  enum class Pending : std::uint8_t {
    command,
    too_long,      // a line that is refused
    bare_ending,   // a line that ends the session
    content,       // a final dot
    bare_content,  // a bare CR or LF in DATA
    auth_line,
  };

  bool step();
  bool pass_proxy_header();
  bool hear_greeting();
  bool read_command();
  bool read_answer();
  bool read_content();
  bool read_auth_line();
  bool hear_unasked();
  std::optional<std::string> take_line(std::size_t longest, At next);
  void expect(Pending pending);

  void judge(const Said& said);
  void judge_command(const Said& said);
  void judge_421(const Said& said);
  void judge_hello(const Said& said);
  void judge_mail(const Said& said);
  void judge_rcpt(const Said& said);
  void judge_data(const Said& said);
  void judge_bdat(const Said& said);
  void judge_auth(const Said& said);
  void judge_starttls(const Said& said);
  void judge_xclient(const Said& said);
  void judge_chunk(const Said& said);
  void judge_content(const Said& said, std::string content, bool by_chunks);
  void judge_shape(const Said& said) const;
  void count_errors(const Said& said);

  /// The handler's answer to `question` is the next that must be heard.
  bool is_asked(Question question) const;
  /// Of a reply that is the handler's: what it was asked. Null: the session's own words.
  const Asked* asked_in(const Said& said, Question question);
  bool may_authenticate() const;
  void begin_content();
  void reset();
  void over() { at_ = At::over; }

  const smtp::ServerOptions& options_;
  const HandlerLog& log_;
  std::string sent_;
  std::string heard_;
  std::size_t next_asked_ = 0;  // the handler's first answer that has not been heard
  std::chrono::seconds paused_{0};
  std::chrono::seconds silent_{0};  // since the client has sent something
  bool is_stopping_ = false;
  bool is_lossy_ = false;

  At at_ = At::greeting;
  Pending pending_ = Pending::command;
  std::string verb_;      // of the pending command
  std::string argument_;  // likewise
  bool has_tls_ = false;
  bool has_hello_ = false;
  bool is_esmtp_ = false;
  bool has_user_ = false;
  bool may_have_user_ = false;  // by XCLIENT
  bool has_spoken_early_ = false;
  int prompts_ = 0;  // of one AUTH

  // The transaction.
  bool is_open_ = false;
  bool has_chunks_ = false;
  bool chunks_failed_ = false;
  std::vector<std::string> recipients_;
  std::size_t looked_at_ = 0;        // of what was sent behind DATA, without finding its end
  std::string content_;              // of chunks, or of DATA
  std::optional<PlainChunk> named_;  // by the pending BDAT
  std::uint64_t chunk_left_ = 0;
  std::string chunk_;

  std::uint32_t transactions_ = 0;
  std::uint32_t errors_ = 0;    // what may have counted as one
  std::uint32_t refusals_ = 0;  // what must have
  std::uint32_t idle_ = 0;      // NOOP and its kind since the last message
};

}  // namespace postrider::fuzz
