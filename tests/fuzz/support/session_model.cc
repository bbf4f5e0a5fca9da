// What is read: the order of bytes, lines and replies. What is judged lies in session_judge.cc.
#include "support/session_model.h"

#include <algorithm>
#include <utility>

#include "base/text.h"
#include "support/require.h"

namespace postrider::fuzz {
namespace {

constexpr std::size_t kLongestAuthLine = 12288;  // RFC 4954, 4
constexpr std::size_t kMostSkipped = 64 * 1024;
constexpr std::chrono::seconds kLongestLimit{660};  // of a session's, and some more

bool is_clean(std::string_view text) {
  return std::ranges::all_of(text, [](char c) { return (c < 0 || c >= ' ') && c != 0x7F; });
}

/// "5.7.1 " in front of a line, where it has the class of the code.
std::string enhanced_in(std::string_view line, int code) {
  const std::string word(line.substr(0, std::min(line.find(' '), line.size())));
  const auto parts = split(word, '.');
  const bool good =
      parts.size() == 3 && std::ranges::all_of(parts, [](std::string_view part) {
        return !part.empty() && part.size() <= 3 && std::ranges::all_of(part, is_digit);
      });
  return good && word[0] - '0' == code / 100 && word[1] == '.' ? word : "";
}

std::size_t proxy_header_size(std::string_view bytes) {
  if (bytes.starts_with("\r\n")) {
    return bytes.size() < 16 ? std::string_view::npos
                             : 16 + static_cast<unsigned char>(bytes[14]) * 256U +
                                   static_cast<unsigned char>(bytes[15]);
  }
  const auto end = bytes.find('\n');
  return end == std::string_view::npos ? end : end + 1;
}

/// Where DATA ends: behind its final dot, or at a CR or LF that stands alone.
struct ContentEnd {
  std::size_t size = std::string_view::npos;
  bool is_bare = false;
};

/// `from`: so many bytes have been looked at before.
ContentEnd find_end(std::string_view bytes, std::size_t from) {
  for (std::size_t i = from; i < bytes.size(); ++i) {
    const char before = i == 0 ? '\n' : bytes[i - 1];  // the end of the line "DATA"
    if ((bytes[i] == '\n') != (before == '\r')) {
      return {.size = i, .is_bare = true};
    }
    const std::string_view so_far = bytes.substr(0, i + 1);
    if (so_far == ".\r\n" || so_far.ends_with("\r\n.\r\n")) {
      return {.size = i + 1};
    }
  }
  return {};
}

/// Line by line: a dot in front is one too many.
std::string unstuffed(std::string_view bytes) {
  std::string out;
  for (std::string_view line : split(bytes, '\n')) {
    out += (line.starts_with('.') ? line.substr(1) : line);
    out += '\n';
  }
  out.pop_back();
  return out;
}

}  // namespace

std::optional<PlainChunk> plain_chunk(std::string_view argument) {
  std::vector<std::string_view> words = split(argument, ' ');
  std::erase(words, std::string_view());
  const bool good = (words.size() == 1 || (words.size() == 2 && lower(words[1]) == "last")) &&
                    std::ranges::all_of(words[0], is_digit);
  std::uint64_t bytes = 0;
  for (const char c : good ? words[0] : std::string_view()) {
    const auto digit = static_cast<std::uint64_t>(c - '0');
    if (bytes > (~std::uint64_t{0} - digit) / 10) {
      return std::nullopt;
    }
    bytes = bytes * 10 + digit;
  }
  return good ? std::optional(PlainChunk{.bytes = bytes, .is_last = words.size() == 2})
              : std::nullopt;
}

std::optional<Said> take_reply(std::string& heard) {
  Said said;
  std::size_t at = 0;
  while (true) {
    const auto end = heard.find("\r\n", at);
    if (end == std::string::npos) {
      return std::nullopt;
    }
    const std::string line = heard.substr(at, end - at);
    require(line.size() + 2 <= 512 && is_clean(line), "replies are lines of 512 bytes", line);
    require(line.size() >= 4 && line[0] >= '2' && line[0] <= '5' && is_digit(line[1]) &&
                is_digit(line[2]) && (line[3] == ' ' || line[3] == '-'),
            "replies begin with a code", line);
    const int code = std::stoi(line.substr(0, 3));
    require(said.lines.empty() || code == said.code, "the lines of a reply have one code", line);
    const std::string enhanced = enhanced_in(std::string_view(line).substr(4), code);
    require(said.lines.empty() || enhanced == said.enhanced, "and one enhanced code", line);
    said.code = code;
    said.enhanced = enhanced;
    said.lines.push_back(line.substr(enhanced.empty() ? 4 : 5 + enhanced.size()));
    at = end + 2;
    if (line[3] == ' ') {
      heard.erase(0, at);
      return said;
    }
  }
}

SessionModel::SessionModel(const smtp::ServerOptions& options, const HandlerLog& log)
    : options_(options), log_(log) {
  at_ = !options.proxy_from.empty() ? At::proxy : options.implicit_tls ? At::tls : At::greeting;
}

void SessionModel::sent(std::string_view bytes) {
  has_spoken_early_ = has_spoken_early_ || at_ == At::proxy || at_ == At::greeting;
  sent_ += bytes;
  silent_ = std::chrono::seconds(0);
}

void SessionModel::paused(std::chrono::seconds time) {
  paused_ += time;
  silent_ += time;
}

void SessionModel::heard(std::string_view bytes) {
  heard_ += bytes;
}

bool SessionModel::awaits_tls() const {
  const bool after_proxy =
      at_ == At::proxy && options_.implicit_tls && proxy_header_size(sent_) == sent_.size();
  return after_proxy || (at_ == At::tls && sent_.empty());
}

void SessionModel::tls_started() {
  require(!has_tls_, "TLS starts once");
  sent_.clear();
  has_tls_ = true;
  has_hello_ = is_esmtp_ = has_user_ = may_have_user_ = false;
  reset();
  at_ = next_asked_ == 0 ? At::greeting : At::command;
}

void SessionModel::settle(bool has_left) {
  while (step()) {
  }
  if (has_left || is_lossy_) {
    return;
  }
  require(silent_ < kLongestLimit, "who says nothing is sent away");
  const bool is_reading_chunk = pending_ == Pending::command && chunk_left_ > 0;
  require(at_ != At::answer || is_reading_chunk, "what was said has its reply", verb_);
  require(at_ != At::greeting, "a session begins with a greeting");
  // A refused chunk has had its reply, and is read to its end before the next command.
  const bool waits_for_command = (at_ == At::command && chunk_left_ == 0) || at_ == At::auth_line;
  require(!is_stopping_ || has_chunks_ || !waits_for_command,
          "a session that is to stop does not wait for commands");
  require(at_ != At::over || verb_ != "QUIT", "a session ends with QUIT");
}

void SessionModel::finish() {
  while (step()) {
  }
  if (is_lossy_) {
    return;
  }
  require(heard_.empty(), "nothing follows the last word", heard_);
  const bool is_mute = next_asked_ < log_.asked.size() && log_.asked[next_asked_].reply.code == 0;
  const bool is_reading_chunk = pending_ == Pending::command && chunk_left_ > 0;
  const bool is_unsaid = is_mute || (is_reading_chunk && is_asked(Question::data));
  require(next_asked_ + (is_unsaid ? 1 : 0) == log_.asked.size(),
          "what the handler said has been heard");
  const bool is_injected = pending_ == Pending::command && verb_ == "STARTTLS" && !sent_.empty();
  require(at_ != At::answer || is_mute || is_reading_chunk || is_injected,
          "what was said whole has its reply", verb_);
}

bool SessionModel::step() {
  if (is_lossy_) {
    while (take_reply(heard_)) {
    }
    return false;
  }
  switch (at_) {
    case At::proxy:
      return pass_proxy_header();
    case At::tls:
      // To what is no handshake the server has an alert of TLS, and no words.
      require(heard_.empty() || heard_.starts_with("\x15\x03"), "nothing is said before TLS is on",
              heard_);
      heard_.clear();
      return false;
    case At::greeting:
      return hear_greeting();
    case At::command:
      return read_command();
    case At::answer:
      return read_answer();
    case At::content:
      return read_content();
    case At::auth_line:
      return read_auth_line();
    case At::over:
      require(heard_.empty(), "nothing follows the last word", heard_);
      return false;
  }
  return false;
}

/// A header that is wrong ends the session without a word, so the greeting tells that it was good.
bool SessionModel::pass_proxy_header() {
  if (heard_.empty()) {
    return false;
  }
  const std::size_t size = proxy_header_size(sent_);
  require(!options_.implicit_tls && size <= sent_.size(), "no greeting before a PROXY header");
  sent_.erase(0, size);
  at_ = At::greeting;
  return true;
}

bool SessionModel::hear_greeting() {
  const auto said = take_reply(heard_);
  if (!said) {
    return false;
  }
  if (said->code == 421 && !is_asked(Question::connected)) {
    judge_421(*said);
    return true;
  }
  require(asked_in(*said, Question::connected) != nullptr, "the handler greets");
  at_ = said->code >= 400 ? At::over : At::command;
  return true;
}

/// The next line of what was sent, without its CRLF; `next` where there is one.
std::optional<std::string> SessionModel::take_line(std::size_t longest, At next) {
  const auto end = sent_.find('\n');
  if (end == std::string::npos) {
    require(sent_.size() <= kMostSkipped + longest, "no line is endless");
    return std::nullopt;
  }
  const std::string line = sent_.substr(0, end);
  sent_.erase(0, end + 1);
  const bool ends_in_crlf = line.ends_with('\r');
  at_ = next;
  if (line.size() + 1 > longest) {
    expect(ends_in_crlf ? Pending::too_long : Pending::bare_ending);
    return std::nullopt;
  }
  if (line.find('\r') != line.size() - 1 || line.empty()) {
    expect(Pending::bare_ending);
    return std::nullopt;
  }
  return line.substr(0, line.size() - 1);
}

void SessionModel::expect(Pending pending) {
  pending_ = pending;
  at_ = At::answer;
}

bool SessionModel::read_command() {
  const std::size_t discarded = std::min<std::uint64_t>(chunk_left_, sent_.size());
  sent_.erase(0, discarded);  // of a chunk that was refused
  chunk_left_ -= discarded;
  const bool is_auth = starts_with_ignoring_case(sent_, "AUTH ");
  const auto line = take_line(is_auth ? kLongestAuthLine : options_.command_bytes_max, At::command);
  if (!line) {
    return at_ == At::answer || hear_unasked();
  }
  const std::string_view trimmed =
      std::string_view(*line).substr(0, line->find_last_not_of(" \t") + 1);
  const auto space = std::min(trimmed.find(' '), trimmed.size());
  verb_.clear();
  for (const char c : trimmed.substr(0, space)) {
    verb_ += c >= 'a' && c <= 'z' ? static_cast<char>(c - 32) : c;
  }
  argument_ = trimmed.substr(std::min(trimmed.find_first_not_of(' ', space), trimmed.size()));
  prompts_ = 0;
  chunk_.clear();
  named_ = verb_ == "BDAT" ? plain_chunk(argument_) : std::nullopt;
  chunk_left_ = named_ ? named_->bytes : 0;
  expect(Pending::command);
  return true;
}

bool SessionModel::read_answer() {
  const std::size_t taken = std::min<std::uint64_t>(chunk_left_, sent_.size());
  chunk_ += sent_.substr(0, taken);
  sent_.erase(0, taken);
  chunk_left_ -= taken;
  const auto said = take_reply(heard_);
  if (!said) {
    return false;
  }
  judge(*said);
  return true;
}

bool SessionModel::read_content() {
  const ContentEnd end = find_end(sent_, looked_at_);
  if (end.size == std::string::npos) {
    looked_at_ = sent_.size();
    return hear_unasked();
  }
  if (end.is_bare) {
    expect(Pending::bare_content);
    return true;
  }
  content_ = unstuffed(std::string_view(sent_).substr(0, end.size - 3));
  sent_.erase(0, end.size);
  expect(Pending::content);
  return true;
}

bool SessionModel::read_auth_line() {
  const auto line = take_line(kLongestAuthLine, At::answer);
  if (line) {
    argument_ = *line;
    expect(Pending::auth_line);
    return true;
  }
  return at_ == At::answer || hear_unasked();
}

/// Where nothing waits for a reply there can only be a last word.
bool SessionModel::hear_unasked() {
  const auto said = take_reply(heard_);
  if (said) {
    judge_421(*said);
  }
  return said.has_value();
}

}  // namespace postrider::fuzz
