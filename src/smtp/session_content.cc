// DATA and BDAT: the content of a message.
#include <algorithm>
#include <utility>

#include "smtp/content_check.h"
#include "smtp/session.h"

namespace postrider::smtp {
namespace {

constexpr std::uint64_t kMostReserved = 1024 * 1024;  // on the word of a client's SIZE
constexpr std::uint64_t kAlwaysTaken = 64 * 1024;     // of content: what a session needs is no more
constexpr const char* kCrlfOnly = "lines must end in CRLF";

}  // namespace

boost::asio::awaitable<void> Session::on_data(std::string_view argument) {
  if (!argument.empty()) {
    refuse(501, "5.5.4", "DATA has no parameters");
    co_return;
  }
  if (!envelope_ || chunks_) {
    if (!lacks_tls()) {
      refuse(503, "5.5.1", chunks_ ? "BDAT has begun" : "say MAIL first");
    }
    co_return;
  }
  if (envelope_->recipients.empty()) {
    // Who pipelines says DATA before it can know: no error of its, and the transaction is over.
    say(554, "5.5.1", "no valid recipients");
    reset_transaction();
    co_return;
  }
  const bool begun = co_await begin_content();
  if (!begun) {
    co_return;
  }
  say(354, "", "end with <CRLF>.<CRLF>");
  ContentScanner scanner(options_->message_bytes_max);
  scanner.expect(std::min(envelope_->declared_size, kMostReserved));
  co_await read_content(scanner);
  if (is_over()) {
    co_return;
  }
  if (is_starved_ || scanner.is_too_long()) {
    is_starved_ ? refuse_for_memory() : refuse_size();
    reset_transaction();
    co_return;
  }
  co_await finish_message(scanner.take());
}

boost::asio::awaitable<bool> Session::begin_content() {
  const Reply reply = co_await handler_.data(info_, *envelope_);
  if (!reply.is_positive()) {
    answer(reply);
    reset_transaction();
  }
  co_return reply.is_positive();
}

boost::asio::awaitable<void> Session::read_content(ContentScanner& scanner) {
  begin_content_clock();
  while (!is_over() && scanner.state() == ContentScanner::State::more) {
    if (stream_.buffered().empty()) {
      co_await await_content("DATA");
      continue;
    }
    const std::size_t used = scanner.feed(stream_.buffered());
    content_bytes_ += used;
    stream_.consume(used);
    if (lacks_memory()) {
      scanner.forget();
    }
    if (scanner.bytes() > most_discarded()) {
      refuse_size();
      end("an endless message", Leave::gently);
    }
  }
  if (scanner.state() == ContentScanner::State::bare_ending) {
    give_up(554, "5.6.0", kCrlfOnly, "a bare CR or LF in DATA");
  }
}

void Session::begin_content_clock() {
  content_due_ = net::within(options_->timeouts.data);
  content_rated_from_ = net::within(options_->timeouts.data_grace);
  content_bytes_ = 0;
  is_starved_ = false;
}

/// A client that sends slower than the least rate is given no time beyond the grace: a byte a
/// second would hold a connection for ten minutes.
boost::asio::awaitable<void> Session::await_content(const char* where) {
  net::Deadline deadline = std::min(content_due_, net::within(options_->timeouts.data_block));
  if (const std::uint64_t rate = options_->timeouts.data_rate_min; rate > 0) {
    deadline = std::min(
        deadline, content_rated_from_ + std::chrono::milliseconds(content_bytes_ * 1000 / rate));
  }
  const Result<> more = co_await receive(deadline, During::content);
  if (!more) {
    lose(more.error(), where);
  }
}

boost::asio::awaitable<void> Session::on_bdat(std::string_view argument) {
  const std::optional<Chunk> chunk = parse_bdat(argument);
  if (!chunk) {
    // How many bytes follow is not known, so nothing behind them can be understood.
    give_up(501, "5.5.4", "BDAT: a number of bytes, and LAST, are expected", "a malformed BDAT");
    co_return;
  }
  if (!chunks_) {
    begin_content_clock();
  }
  const bool accepted = co_await accepts_chunk(*chunk);
  co_await read_chunk(chunk->bytes, accepted ? &chunks_->content : nullptr);
  if (is_over()) {
    co_return;
  }
  if (accepted && is_starved_) {
    refuse_for_memory();
  }
  if (!accepted || is_starved_) {
    if (chunk->last) {
      reset_transaction();
    }
    co_return;
  }
  if (chunk->last) {
    co_await finish_chunks();
  } else {
    say(250, "2.0.0", std::to_string(chunk->bytes) + " bytes received");
  }
}

/// False: it has been refused, and its bytes are to be discarded (RFC 3030, 2).
boost::asio::awaitable<bool> Session::accepts_chunk(Chunk chunk) {
  if (chunk.bytes > most_discarded()) {
    refuse_size();
    end("a chunk far above the limit", Leave::gently);
  } else if (!options_->offers_chunking) {
    refuse(502, "5.5.1", "BDAT is not offered");
  } else if (!envelope_) {
    if (!lacks_tls()) {
      refuse(503, "5.5.1", "say MAIL first");
    }
  } else if (chunks_ && chunks_->failed) {
    refuse(503, "5.5.1", "a chunk before this one was refused: say RSET");
  } else if (envelope_->recipients.empty()) {
    say(554, "5.5.1", "no valid recipients");
    chunks_.emplace().failed = true;
  } else {
    if (!chunks_) {
      const bool begun = co_await begin_content();
      if (!begun) {
        co_return false;
      }
      chunks_.emplace();
    }
    if (chunks_->content.size() + chunk.bytes <= options_->message_bytes_max) {
      co_return true;
    }
    refuse_size();
    chunks_.emplace().failed = true;
  }
  co_return false;
}

boost::asio::awaitable<void> Session::read_chunk(std::uint64_t bytes, std::string* content) {
  if (content != nullptr) {
    content->reserve(content->size() + std::min(bytes, kMostReserved));
  }
  while (bytes > 0 && !is_over()) {
    const std::string_view seen = stream_.buffered().substr(0, bytes);
    if (seen.empty()) {
      co_await await_content("BDAT");
      continue;
    }
    if (content != nullptr) {
      content->append(seen);
    }
    bytes -= seen.size();
    content_bytes_ += seen.size();
    stream_.consume(seen.size());
    if (content != nullptr && lacks_memory()) {
      chunks_->fail();
      content = nullptr;
    }
  }
}

boost::asio::awaitable<void> Session::finish_chunks() {
  std::string content = std::move(chunks_->content);
  if (!has_only_crlf(content)) {
    say(554, "5.6.0", kCrlfOnly);
    reset_transaction();
    co_return;
  }
  if (!content.empty() && !content.ends_with('\n')) {
    content += "\r\n";  // DATA could not have sent it otherwise, nor can we
  }
  co_await finish_message(std::move(content));
}

boost::asio::awaitable<void> Session::finish_message(std::string content) {
  const std::optional<Reply> refusal =
      check_content(content, {.line_bytes_max = options_->line_bytes_max,
                              .header_bytes_max = options_->header_bytes_max,
                              .hops_max = options_->hops_max});
  if (refusal) {
    reset_transaction();
    answer(*refusal);
    co_return;
  }
  Envelope envelope = std::move(*envelope_);
  envelope_.reset();
  chunks_.reset();
  const Reply reply = co_await handler_.message(info_, std::move(envelope), std::move(content));
  if (reply.is_positive()) {
    idle_commands_ = 0;
  }
  answer(reply);
}

/// True once: what has been kept is to be let go.
bool Session::lacks_memory() {
  if (is_starved_ || content_bytes_ <= kAlwaysTaken || handler_.has_memory()) {
    return false;
  }
  is_starved_ = true;
  return true;
}

void Session::refuse_for_memory() {
  say(452, "4.3.1", "there is no memory for the message now, try again later");
}

void Session::refuse_size() {
  refuse(552, "5.3.4",
         "the message may have " + std::to_string(options_->message_bytes_max) + " bytes");
}

/// What is read of a message that is refused already: enough for the client to hear why.
std::uint64_t Session::most_discarded() const {
  constexpr std::uint64_t kLeast = 1024 * 1024;
  return options_->message_bytes_max + std::max(options_->message_bytes_max, kLeast);
}

}  // namespace postrider::smtp
