// Which reply is a legal answer to what.
#include <algorithm>
#include <utility>

#include "base/text.h"
#include "support/require.h"
#include "support/session_model.h"

namespace postrider::fuzz {
namespace {

constexpr std::uint32_t kMostIdle = 100;
constexpr std::uint32_t kMostFields = 1000;

bool is_positive(const Said& said) {
  return said.code < 400;
}

std::string joined(const std::vector<std::string>& lines) {
  std::string text;
  for (const std::string& line : lines) {
    text += line;
  }
  return text;
}

/// Long lines are broken: at a space, or within a word.
std::string without_breaks(std::string text) {
  std::erase_if(text, [](char c) { return c == ' ' || c == '\n'; });
  return text;
}

bool has_lone_ending(std::string_view content) {
  for (std::size_t i = 0; i < content.size(); ++i) {
    if (content[i] == '\n' ? i == 0 || content[i - 1] != '\r'
                           : content[i] == '\r' && content.substr(i + 1, 1) != "\n") {
      return true;
    }
  }
  return false;
}

/// Whether a message that came whole must be refused.
bool has_fault(std::string_view content, const smtp::ServerOptions& options) {
  std::uint32_t fields = 0;
  std::uint32_t hops = 0;
  bool in_header = true;
  bool is_long = false;
  for (const std::string_view line : split(content, '\n')) {
    is_long = is_long || (options.line_bytes_max != 0 && line.size() + 1 > options.line_bytes_max);
    in_header = in_header && !line.empty() && line != "\r";
    if (in_header) {
      fields += line.front() == ' ' || line.front() == '\t' ? 0 : 1;
      hops += lower(line).starts_with("received:") ? 1 : 0;
    }
  }
  return content.contains('\0') || is_long || fields > kMostFields || hops > options.hops_max;
}

bool is_simple_name(std::string_view name) {
  return !name.empty() && name.size() <= 60 &&
         std::ranges::all_of(name, [](char c) { return is_alpha(c) || is_digit(c); });
}

bool is_idle_verb(std::string_view verb) {
  return verb == "NOOP" || verb == "RSET" || verb == "VRFY" || verb == "HELP" || verb == "EHLO" ||
         verb == "HELO";
}

bool is_http_verb(std::string_view verb) {
  constexpr std::string_view kVerbs[] = {"GET",     "POST",  "PUT",  "CONNECT",
                                         "OPTIONS", "HOST:", "PROXY"};
  return std::ranges::find(kVerbs, verb) != std::end(kVerbs);
}

}  // namespace

bool SessionModel::is_asked(Question question) const {
  return next_asked_ < log_.asked.size() && log_.asked[next_asked_].question == question;
}

const Asked* SessionModel::asked_in(const Said& said, Question question) {
  if (!said.lines.front().starts_with("asked ")) {
    return nullptr;
  }
  require(is_asked(question), "the handler was asked what the client wanted", said.lines.front());
  const Asked& asked = log_.asked[next_asked_];
  require(said.lines.front() == "asked " + std::to_string(next_asked_) &&
              said.code == asked.reply.code && said.enhanced == asked.reply.enhanced &&
              without_breaks(joined(said.lines)) == without_breaks(asked.reply.text),
          "what the handler says is what the client hears", said.lines.front());
  ++next_asked_;
  if (asked.reply.close || asked.reply.code == 421) {
    over();
  }
  return &asked;
}

/// The handler has let the content come: its reply is not said, or in other words.
void SessionModel::begin_content() {
  require(is_asked(Question::data) && log_.asked[next_asked_].reply.is_positive(),
          "the handler is asked before content is taken");
  ++next_asked_;
}

void SessionModel::reset() {
  is_open_ = has_chunks_ = chunks_failed_ = false;
  recipients_.clear();
  content_.clear();
}

void SessionModel::judge(const Said& said) {
  judge_shape(said);
  if (said.code == 421) {
    judge_421(said);
    return;
  }
  count_errors(said);
  at_ = At::command;
  switch (pending_) {
    case Pending::too_long:
      require(said.code == 500, "a line that is too long is refused");
      break;
    case Pending::bare_ending:
      require(said.code == 500, "a line without CRLF is refused");
      over();
      break;
    case Pending::bare_content:
      require(said.code == 554, "content with a bare CR or LF is refused");
      over();
      break;
    case Pending::content:
      judge_content(said, content_, false);
      reset();
      break;
    case Pending::auth_line:
      require(argument_ != "*" || said.code == 501, "AUTH can be cancelled");
      judge_auth(said);
      break;
    case Pending::command:
      judge_command(said);
  }
}

void SessionModel::judge_shape(const Said& said) const {
  const bool is_hello = pending_ == Pending::command && (verb_ == "EHLO" || verb_ == "HELO");
  const bool is_plain =
      said.code == 354 || said.code == 334 || said.code == 220 || (is_hello && said.code == 250);
  require(is_plain || !said.enhanced.empty(), "a reply has an enhanced code", said.lines.front());
}

/// Both ways: nobody is sent away too soon, and nobody stays too long.
void SessionModel::count_errors(const Said& said) {
  const bool is_command = pending_ == Pending::command || pending_ == Pending::auth_line;
  if (is_command && is_positive(said) && is_idle_verb(verb_)) {
    ++idle_;
  }
  errors_ += said.code >= 400 || idle_ > kMostIdle ? 1 : 0;
  constexpr int kOurRefusals[] = {500, 501, 502, 503, 504, 530, 538, 552, 555};
  const bool is_ours = !said.lines.front().starts_with("asked ");
  if (is_ours && std::ranges::find(kOurRefusals, said.code) != std::end(kOurRefusals)) {
    ++refusals_;
  }
  require(refusals_ <= options_.errors_max + 1, "errors come to an end");
}

/// The last word, to whatever was said.
void SessionModel::judge_421(const Said& said) {
  const std::string& text = said.lines.front();
  require(said.code == 421, "no reply without a command", std::to_string(said.code) + " " + text);
  if (text.starts_with("asked ")) {
    require(next_asked_ < log_.asked.size(), "only an answer is heard");
    asked_in(said, log_.asked[next_asked_].question);
    return;
  }
  if (is_asked(Question::data) && log_.asked[next_asked_].reply.is_positive()) {
    ++next_asked_;  // and what followed was one error too many
  }
  if (text.contains("too many errors")) {
    require(errors_ + (has_spoken_early_ ? 1 : 0) >= options_.errors_max,
            "nobody is sent away before errors_max");
  } else if (text.contains("enough messages")) {
    require(options_.transactions_max != 0 && transactions_ >= options_.transactions_max,
            "nobody is sent away before transactions_max");
  } else if (said.enhanced == "4.4.2") {
    require(paused_ >= std::chrono::seconds(10), "nobody is late who has not waited");
  } else {
    require(said.enhanced == "4.3.2" && is_stopping_, "a session ends for a reason", text);
  }
  over();
}

void SessionModel::judge_command(const Said& said) {
  const auto must_be = [&](int code) {
    require(said.code == code, "the reply is that of the command",
            verb_ + ": " + std::to_string(said.code));
  };
  if (verb_ == "EHLO" || verb_ == "HELO") {
    judge_hello(said);
  } else if (verb_ == "MAIL") {
    judge_mail(said);
  } else if (verb_ == "RCPT") {
    judge_rcpt(said);
  } else if (verb_ == "DATA") {
    judge_data(said);
  } else if (verb_ == "BDAT") {
    judge_bdat(said);
  } else if (verb_ == "AUTH") {
    judge_auth(said);
  } else if (verb_ == "STARTTLS") {
    judge_starttls(said);
  } else if (verb_ == "XCLIENT") {
    judge_xclient(said);
  } else if (verb_ == "RSET") {
    must_be(250);
    reset();
  } else if (verb_ == "VRFY") {
    must_be(options_.tls_required && !has_tls_ ? 530 : 252);
  } else if (verb_ == "QUIT" || is_http_verb(verb_)) {
    must_be(verb_ == "QUIT" ? 221 : 554);
    over();
  } else {
    must_be(verb_ == "NOOP" ? 250 : verb_ == "HELP" ? 214 : verb_ == "EXPN" ? 502 : 500);
  }
}

void SessionModel::judge_hello(const Said& said) {
  if (said.code != 250) {
    require(said.code == 501 && !is_simple_name(argument_), "a host may say its name", argument_);
    return;
  }
  reset();
  has_hello_ = true;
  is_esmtp_ = verb_ == "EHLO";
  require(said.lines.front() == options_.hostname, "we say our name");
  const auto offers = [&](std::string_view keyword) {
    return std::ranges::any_of(said.lines, [&](const std::string& line) {
      return line == keyword || line.starts_with(std::string(keyword) + " ");
    });
  };
  const bool offers_auth = options_.auth_offered && (has_tls_ || options_.auth_in_clear);
  require(is_esmtp_ || said.lines.size() == 1, "HELO is answered with one line");
  require(offers("AUTH") == (is_esmtp_ && offers_auth), "AUTH is offered where it is taken");
  require(offers("STARTTLS") == (is_esmtp_ && options_.tls && !has_tls_), "STARTTLS, too");
  require(offers("CHUNKING") == (is_esmtp_ && options_.offers_chunking), "CHUNKING, too");
}

void SessionModel::judge_mail(const Said& said) {
  const Asked* asked = asked_in(said, Question::mail);
  require(asked != nullptr || said.code >= 500, "the handler takes senders");
  if (!is_positive(said)) {
    return;
  }
  require(has_hello_ && !is_open_, "MAIL behind EHLO, outside of transactions");
  require(!options_.auth_required || has_user_ || may_have_user_, "MAIL behind AUTH");
  require(!options_.tls_required || has_tls_, "MAIL behind STARTTLS");
  ++transactions_;
  require(options_.transactions_max == 0 || transactions_ <= options_.transactions_max,
          "transactions come to an end");
  is_open_ = true;
}

void SessionModel::judge_rcpt(const Said& said) {
  const Asked* asked = asked_in(said, Question::recipient);
  const bool is_full = recipients_.size() >= options_.recipients_max;
  require(asked != nullptr || said.code >= 500 || (said.code == 452 && is_full),
          "the handler takes recipients");
  if (is_positive(said)) {
    require(is_open_ && !has_chunks_ && !is_full, "RCPT behind MAIL, up to recipients_max");
    recipients_.push_back(asked->about);
  }
}

void SessionModel::judge_data(const Said& said) {
  const bool is_open = is_open_ && !has_chunks_;
  if (said.code == 354) {
    require(argument_.empty() && is_open && !recipients_.empty(), "DATA behind RCPT");
    begin_content();
    at_ = At::content;
    looked_at_ = 0;
  } else if (asked_in(said, Question::data) != nullptr) {
    reset();
  } else if (!argument_.empty()) {
    require(said.code == 501, "DATA has no parameters");
  } else if (!is_open) {
    require(said.code == 503 || said.code == 530, "DATA behind MAIL");
  } else {
    require(said.code == 554 && recipients_.empty(), "DATA goes on where there are recipients");
    reset();
  }
}

void SessionModel::judge_bdat(const Said& said) {
  const std::uint64_t most = options_.message_bytes_max;
  if (!named_ || named_->bytes > most + std::max<std::uint64_t>(most, 1024 * 1024)) {
    require(said.code == (named_ ? 552 : 501), "such a BDAT ends the session");
    over();
    return;
  }
  if (!options_.offers_chunking) {
    require(said.code == 502, "BDAT is not known where it is not offered");
  } else if (!is_open_ || chunks_failed_) {
    require(said.code == 503 || said.code == 530, "BDAT behind MAIL");
  } else if (recipients_.empty()) {
    require(said.code == 554, "BDAT behind RCPT");
    has_chunks_ = chunks_failed_ = true;
  } else {
    judge_chunk(said);
  }
  if (named_->is_last) {
    reset();
  }
}

/// A chunk that is due.
void SessionModel::judge_chunk(const Said& said) {
  if (!has_chunks_) {
    const bool is_refused =
        is_asked(Question::data) && !log_.asked[next_asked_].reply.is_positive();
    if (is_refused) {
      require(asked_in(said, Question::data) != nullptr, "the handler refuses content");
      reset();
      return;
    }
    begin_content();
    has_chunks_ = true;
  }
  if (content_.size() + named_->bytes > options_.message_bytes_max) {
    require(said.code == 552, "messages have a limit");
    chunks_failed_ = true;
    return;
  }
  require(chunk_left_ == 0, "a chunk is taken when it is there");
  content_ += chunk_;
  if (named_->is_last) {
    judge_content(said, content_, true);
  } else {
    require(said.code == 250 && said.lines.front().starts_with(std::to_string(named_->bytes)),
            "a chunk is acknowledged", said.lines.front());
  }
}

/// One end of content, one message, of just these bytes: or none, and for a reason.
void SessionModel::judge_content(const Said& said, std::string content, bool by_chunks) {
  if (by_chunks && !content.empty() && !has_lone_ending(content) && !content.ends_with('\n')) {
    content += "\r\n";
  }
  if (!by_chunks && content.size() > options_.message_bytes_max) {
    require(said.code == 552, "messages have a limit");
    return;
  }
  if ((by_chunks && has_lone_ending(content)) || has_fault(content, options_)) {
    require(said.code == 554, "what is wrong with a message is a reason to refuse it");
    return;
  }
  const Asked* asked = asked_in(said, Question::message);
  require(asked != nullptr, "the handler takes messages", said.lines.front());
  require(asked->about == content, "the message is what was sent");
  require(asked->recipients == recipients_, "the message is for those who were accepted");
  idle_ = is_positive(said) ? 0 : idle_;
}

bool SessionModel::may_authenticate() const {
  return is_esmtp_ && (!options_.tls_required || has_tls_) && options_.auth_offered &&
         (has_tls_ || options_.auth_in_clear) && !has_user_ && !is_open_;
}

void SessionModel::judge_auth(const Said& said) {
  const bool is_verdict = asked_in(said, Question::authenticate) != nullptr;
  require(is_verdict || said.code == 334 || said.code >= 500, "the handler knows users");
  if (is_verdict || said.code == 334) {
    require(may_authenticate(), "AUTH once, where it is offered, outside of transactions");
  }
  if (said.code == 334) {
    require(++prompts_ <= 2, "AUTH asks for user and password");
    at_ = At::auth_line;
  }
  has_user_ = has_user_ || said.code == 235;
}

void SessionModel::judge_starttls(const Said& said) {
  const bool is_due = options_.tls && argument_.empty() && !has_tls_;
  require(said.code == 220 ? is_due : said.code >= 500 && !is_due, "STARTTLS where it is offered");
  if (said.code == 220) {
    at_ = At::tls;
  }
}

void SessionModel::judge_xclient(const Said& said) {
  if (said.code != 220) {
    require(said.code >= 500, "XCLIENT is done or refused");
    return;
  }
  require(!options_.xclient_from.empty() && !is_open_, "XCLIENT from whom it is taken");
  has_hello_ = is_esmtp_ = has_user_ = false;
  may_have_user_ = lower(argument_).contains("login=");
}

}  // namespace postrider::fuzz
