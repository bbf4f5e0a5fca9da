#include "smtp/session.h"

#include <algorithm>
#include <utility>

#include "base/text.h"

namespace postrider::smtp {
namespace {

constexpr std::size_t kLongestAuthLine = 12288;   // RFC 4954, 4
constexpr std::size_t kMostSkipped = 64 * 1024;   // of one line that is too long
constexpr std::size_t kMostUnwritten = 8 * 1024;  // of replies: short commands have longer replies
constexpr std::uint32_t kMostIdleCommands = 100;  // between two messages; more are errors
constexpr std::size_t kIdleCapacity = 256;        // of strings kept while the client is silent

// How long and for how much we stay after our last word (net::Stream::close_gently).
constexpr std::chrono::milliseconds kFarewell{1000};
constexpr std::chrono::milliseconds kHurried{
    200};  // for what is said to the last, once it is urgent
constexpr std::size_t kMostAtFarewell = 1024 * 1024;

void shrink(std::string& text) {
  if (text.capacity() > kIdleCapacity) {
    std::string().swap(text);
  }
}

}  // namespace

Session::Session(net::Stream stream, std::shared_ptr<const ServerOptions> options,
                 SessionHandler& handler, StopSignal& stop, std::string id, IdleSessions* idle)
    : stream_(std::move(stream)),
      options_(std::move(options)),
      handler_(handler),
      stop_(stop),
      idle_(idle) {
  info_.id = std::move(id);
  info_.client = stream_.remote();
  info_.server = stream_.local();
}

boost::asio::awaitable<void> Session::run() {
  co_await start();
  co_await serve_commands();
  co_await leave();
}

boost::asio::awaitable<void> Session::serve_commands() {
  while (!is_over()) {
    if (stop_.is_requested() && !chunks_) {
      say(421, "4.3.2", options_->hostname + " is going down, try again soon");
      end("stopped", Leave::at_once);
      break;
    }
    if (out_.size() > kMostUnwritten) {
      co_await flush();
    }
    switch (take_line(longest_line())) {
      case Line::incomplete:
        co_await await_line();
        break;
      case Line::taken:
        if (const Command command = parse_command(line_); !answer_at_once(command)) {
          co_await perform(command);
        }
        break;
      case Line::refused:
        break;
    }
  }
}

/// What needs no wait is answered without a coroutine. False: it needs one.
bool Session::answer_at_once(const Command& command) {
  switch (command.verb) {
    case Verb::mail:
    case Verb::rcpt:
    case Verb::data:
    case Verb::bdat:
    case Verb::auth:
    case Verb::starttls:
      return false;
    case Verb::ehlo:
    case Verb::helo:
      on_hello(command);
      return true;
    case Verb::rset:
      reset_transaction();
      say_idly(250, "2.0.0", "ok");
      return true;
    case Verb::noop:
      say_idly(250, "2.0.0", "ok");
      return true;
    case Verb::quit:
      say(221, "2.0.0", options_->hostname + " closes the connection");
      end("quit", Leave::at_once);
      return true;
    case Verb::vrfy:
      if (!lacks_tls()) {
        say_idly(252, "2.5.0", "send a message and see");
      }
      return true;
    case Verb::help:
      say_idly(214, "2.0.0", "this is Postrider; RFC 5321 says the rest");
      return true;
    case Verb::xclient:
      on_xclient(command.argument);
      return true;
    case Verb::expn:
      refuse(502, "5.5.1", "not implemented");
      return true;
    case Verb::http:
      give_up(554, "5.5.1", "this is an SMTP server", "another protocol was spoken");
      return true;
    case Verb::unknown:
      refuse(500, "5.5.2", "command not recognized");
      return true;
  }
  return true;
}

boost::asio::awaitable<void> Session::perform(const Command& command) {
  switch (command.verb) {
    case Verb::mail:
      return on_mail(command.argument);
    case Verb::rcpt:
      return on_rcpt(command.argument);
    case Verb::data:
      return on_data(command.argument);
    case Verb::bdat:
      return on_bdat(command.argument);
    case Verb::auth:
      return on_auth(command.argument);
    default:
      return on_starttls(command.argument);
  }
}

void Session::end(std::string why, Leave leave) {
  if (!over_) {
    over_ = true;
    leave_ = leave;
    why_ = std::move(why);
  }
}

/// Says a last word and ends; the client may be in the middle of sending.
void Session::give_up(int code, std::string_view enhanced, std::string_view text, std::string why) {
  if (!over_) {
    say(code, enhanced, text);
    end(std::move(why), Leave::gently);
  }
}

/// A wait for the client has failed.
void Session::lose(const Error& error, const char* where) {
  if (error.code() == Errc::timeout && stop_.is_requested()) {
    say(421, "4.3.2", options_->hostname + " is going down, try again soon");
    end(std::string("stopped in ") + where, Leave::at_once);
  } else if (error.code() == Errc::timeout) {
    say(421, "4.4.2", options_->hostname + " waited too long");
    end(std::string("time-out in ") + where, Leave::at_once);
  } else {
    end(error.text() + " in " + where, Leave::at_once);
  }
}

boost::asio::awaitable<void> Session::leave() {
  co_await flush();
  if (leave_ == Leave::gently && stream_.is_open() && !stop_.is_urgent()) {
    co_await stream_.close_gently(kMostAtFarewell, net::within(kFarewell));
  }
  stream_.close();
}

void Session::say(int code, std::string_view enhanced, std::string_view text) {
  append_wire(out_, code, enhanced, text);
}

bool Session::spend_error() {
  if (++errors_ <= options_->errors_max) {
    return true;
  }
  give_up(421, "4.7.0", options_->hostname + " has seen too many errors", "too many errors");
  return false;
}

void Session::refuse(int code, std::string_view enhanced, std::string_view text) {
  if (spend_error()) {
    say(code, enhanced, text);
  }
}

void Session::say_idly(int code, std::string_view enhanced, std::string_view text) {
  if (++idle_commands_ <= kMostIdleCommands || spend_error()) {
    say(code, enhanced, text);
  }
}

void Session::answer(const Reply& reply) {
  if (reply.code == 0) {
    end("closed without a word", Leave::at_once);
    return;
  }
  say(reply.code, reply.enhanced, reply.text);
  if (reply.close || reply.code == 421) {
    end("closed with " + to_string(reply), Leave::gently);
  }
}

boost::asio::awaitable<void> Session::flush() {
  if (out_.empty()) {
    co_return;
  }
  const auto limit =
      stop_.is_urgent() ? std::min(kHurried, options_->timeouts.write) : options_->timeouts.write;
  stop_.interrupts_from = 2;
  const Result<> written = co_await stream_.write(out_, net::within(limit));
  stop_.interrupts_from = StopSignal::kNever;
  out_.clear();
  if (!written) {
    end(written.error().text() + " in writing a reply", Leave::at_once);
  }
}

std::size_t Session::longest_line() const {
  const bool is_auth = starts_with_ignoring_case(stream_.buffered(), "AUTH ");
  return is_auth ? kLongestAuthLine : options_->command_bytes_max;
}

Session::Line Session::take_line(std::size_t longest) {
  if (skipping_) {
    return skip_line();
  }
  const std::string_view seen = stream_.buffered();
  const auto end = seen.substr(0, longest).find('\n');
  if (end == std::string_view::npos) {
    if (seen.size() < longest) {
      return Line::incomplete;
    }
    skipping_ = true;
    skipping_auth_ = longest == kLongestAuthLine;
    skipped_ = 0;
    return skip_line();
  }
  const std::string_view line = seen.substr(0, end);
  if (line.empty() || line.find('\r') != end - 1) {
    refuse_bare_ending();
    return Line::refused;
  }
  line_.assign(line.substr(0, end - 1));
  stream_.consume(end + 1);
  line_due_.reset();
  return Line::taken;
}

/// Discards a line that is too long as it comes, and refuses it at its end.
Session::Line Session::skip_line() {
  const std::string_view seen = stream_.buffered();
  const auto end = seen.find('\n');
  if (end == std::string_view::npos) {
    skipped_ += seen.size();
    skipped_cr_ = !seen.empty() && seen.back() == '\r';
    stream_.consume(seen.size());
    if (skipped_ > kMostSkipped) {
      give_up(500, "5.5.2", "line too long", "an endless line");
      return Line::refused;
    }
    return Line::incomplete;
  }
  const bool ends_in_crlf = end == 0 ? skipped_cr_ : seen[end - 1] == '\r';
  stream_.consume(end + 1);
  skipping_ = false;
  line_due_.reset();
  if (!ends_in_crlf) {
    refuse_bare_ending();
    return Line::refused;
  }
  refuse(500, skipping_auth_ ? "5.5.6" : "5.5.2", "line too long");
  return Line::refused;
}

void Session::refuse_bare_ending() {
  give_up(500, "5.5.2", "lines must end in CRLF", "a bare CR or LF in a command");
}

boost::asio::awaitable<void> Session::await_line() {
  if (!line_due_) {
    line_due_ = net::within(options_->timeouts.command);
  }
  // Between the chunks of a message its own limit goes on.
  const net::Deadline due = chunks_ ? std::min(*line_due_, content_due_) : *line_due_;
  const Result<> more = co_await receive(due, During::commands);
  const bool must_stop = stop_.is_requested() && !chunks_;  // serve_commands() says so
  if (!more && !must_stop) {
    lose(more.error(), "waiting for a command");
  }
}

/// The next line of an AUTH exchange lies in line_. False: there is none, and the client knows why
/// or will be told.
boost::asio::awaitable<bool> Session::next_auth_line() {
  while (!is_over() && !stop_.is_requested()) {
    switch (take_line(kLongestAuthLine)) {
      case Line::taken:
        co_return true;
      case Line::refused:
        co_return false;
      case Line::incomplete:
        co_await await_line();
        break;
    }
  }
  co_return false;
}

/// Writes what is to be said and waits for more bytes. A request to stop ends a wait for a command;
/// of a message in progress it shortens the time, and the second one ends that wait, too.
boost::asio::awaitable<Result<>> Session::receive(net::Deadline deadline, During during) {
  if (!out_.empty()) {
    co_await flush();
  }
  const bool idle = during == During::commands && stream_.buffered().empty();
  if (idle) {
    shrink(out_);
    shrink(line_);
  }
  while (!is_over()) {
    const bool told = stop_.is_requested();
    if (told && during == During::commands && !chunks_) {
      break;
    }
    // A client that always has something ready never lets a timer come to its turn.
    const bool has_passed =
        (during == During::content || chunks_) && deadline <= std::chrono::steady_clock::now();
    if (stop_.is_urgent() || has_passed) {
      co_return fail(Errc::timeout, "there is no more time");
    }
    if (told) {
      stop_due_ = stop_due_.value_or(net::within(options_->timeouts.write));
      deadline = std::min(deadline, *stop_due_);
    }
    stop_.interrupts_from = told ? 2 : 1;
    Result<> done;
    if (idle) {
      done = co_await receive_or_leave(deadline);
    } else {
      done = co_await stream_.fill(deadline);
    }
    if (must_leave_) {
      say(421, "4.3.2", options_->hostname + " is busy, and this connection was idle");
      end("was idle while others wanted in", Leave::at_once);
      co_return Result<>();
    }
    const bool interrupted = !done && stop_.requests >= stop_.interrupts_from && stream_.is_open();
    stop_.interrupts_from = StopSignal::kNever;
    if (!interrupted) {
      co_return done;
    }
  }
  co_return fail(Errc::closed, "the session ends");
}

/// The wait of a session that others may need to see gone.
boost::asio::awaitable<Result<>> Session::receive_or_leave(net::Deadline deadline) {
  const IdleSessions::Waiting waiting(idle_, errors_ > 0, [this] {
    must_leave_ = true;
    stream_.interrupt_fill();
  });
  co_return co_await stream_.fill_when_idle(deadline);
}

}  // namespace postrider::smtp
